// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/tokenizer.hpp>

#include <lvr/core/error.hpp>
#include <lvr/data/byte_level_bpe.hpp>
#include <lvr/data/sentence_piece.hpp>
#include <lvr/data/tokenizer_settings.hpp>

namespace lvr::data {

std::shared_ptr<const Tokenizer> open_tokenizer(const std::filesystem::path& folder) {
    std::error_code ignored;
    const auto pieces = folder / "tokenizer.model", json = folder / "tokenizer.json";
    const bool has_pieces = std::filesystem::exists(pieces, ignored);
    if (!has_pieces && !std::filesystem::exists(json, ignored)) {
        throw core::input_error(
            "there is no tokenizer in '" + folder.string() + "': neither tokenizer.model nor tokenizer.json",
            "", "copy the tokenizer's files into the model's folder");
    }
    const auto settings = read_tokenizer_settings(folder);
    return has_pieces ? open_sentence_piece(pieces, settings) : open_byte_level_bpe(json, settings);
}

}  // namespace lvr::data
