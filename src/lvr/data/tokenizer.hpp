// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lvr::data {

/// Text to token ids and back, as the Python tokenizer of the same folder does it. Const members may be
/// called from several threads at once.
class Tokenizer {
  public:
    virtual ~Tokenizer() = default;

    /// Special tokens written out in the text become their ids.
    /// @param text UTF-8; it is not changed, nor cut to the model's length
    /// @param add_special with what the folder's files put around a text: BOS, EOS, a template
    /// @throws core::Error (input) if the text is not UTF-8: nothing is replaced by U+FFFD
    virtual std::vector<std::int64_t> encode(std::string_view text, bool add_special) const = 0;

    /// Bytes that make no UTF-8 become U+FFFD. Spaces before punctuation are kept
    /// (clean_up_tokenization_spaces=False).
    /// @param skip_special without the special tokens
    /// @throws core::Error (input) if an id names no token
    virtual std::string decode(std::span<const std::int64_t> ids, bool skip_special) const = 0;

    /// One more than the highest id. (A model may have more rows than that.)
    virtual std::int64_t vocabulary() const = 0;

    /// The id of a token as it stands in the vocabulary ("</s>", "\u2581the"); nothing if there is none.
    virtual std::optional<std::int64_t> id_of(std::string_view token) const = 0;

    /// What tokenizer_config.json, or special_tokens_map.json, names as such.
    std::optional<std::int64_t> bos, eos, pad, unk;
    /// LLaMA's older rule: not only a text, but also what follows a special token gets a space in front.
    bool legacy = false;

  protected:
    Tokenizer() = default;
    Tokenizer(const Tokenizer&) = default;
    Tokenizer& operator=(const Tokenizer&) = default;
};

/// The tokenizer of a Hugging Face folder.
///
/// `tokenizer.model` (SentencePiece; LLaMA, Vicuna) is read by the rules of the slow LlamaTokenizer, with
/// legacy true or false: a text is split at special tokens; with legacy=false it gets one U+2581 in front,
/// and what follows a special token gets none. Else `tokenizer.json` must be a byte-level BPE (GPT-2, Qwen2,
/// SmolLM2, LLaMA 3), read as the Rust library does. Beside it: `tokenizer_config.json`,
/// `special_tokens_map.json` and `added_tokens.json`, if there.
/// @throws core::Error (input) if a file is missing, broken, or asks for something that is not known here
std::shared_ptr<const Tokenizer> open_tokenizer(const std::filesystem::path& folder);

}  // namespace lvr::data
