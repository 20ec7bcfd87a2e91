// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lvr::data {

/// What a SentencePiece model says of itself, beyond what its library tells.
struct SentencePieceTraits {
    bool is_bpe = false;                  ///< pieces are merged by rank (else unigram, word or char)
    bool keeps_text = false;              ///< no normalisation but of the space, which becomes U+2581
    bool removes_extra_spaces = true;     ///< runs of spaces become one, those at the ends none
    bool treats_space_as_suffix = false;  ///< U+2581 ends a word
};

/// @param model a tokenizer.model's bytes (protocol buffer ModelProto of sentencepiece_model.proto)
/// @return nothing if these are none
std::optional<SentencePieceTraits> sentence_piece_traits(std::string_view model);

/// The same model with add_dummy_prefix off: no U+2581 before the text but the one that it has. Of a field
/// that is there twice a protocol buffer takes the later, of a message both together: so it is added at the
/// end.
std::string without_dummy_prefix(std::string model);

}  // namespace lvr::data
