// SPDX-License-Identifier: Apache-2.0
#include "llava_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <lvr/core/text_file.hpp>
#include <lvr/data/sentence_piece_json.hpp>
#include <lvr/data/tokenizer.hpp>
#include <lvr/data/tokenizer_settings.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/vlm/export_files.hpp>

namespace lvr::vlm {
namespace {

namespace fs = std::filesystem;
using data::AddedToken;
using data::TokenizerJson;

constexpr std::array k_as_they_are = {"tokenizer.model", "vocab.json", "merges.txt",
                                      "special_tokens_map.json", "chat_template.jinja"};

bool is_there(const fs::path& file) {
    std::error_code ignored;
    return fs::exists(file, ignored);
}

TokenizerJson flags_of(const AddedToken& token) {
    return {{"content", token.content},         {"lstrip", token.left_strip},
            {"normalized", token.normalised},   {"rstrip", token.right_strip},
            {"single_word", token.single_word}, {"special", token.special}};
}

TokenizerJson read_if_there(const fs::path& file) {
    return is_there(file) ? data::read_tokenizer_json(file) : TokenizerJson::object();
}

/// tokenizer_config.json: with all added tokens, since others than those in the list are not looked for
/// elsewhere.
void write_settings(const fs::path& from, const fs::path& to, const AddedToken* image) {
    auto config = read_if_there(from / "tokenizer_config.json");
    config["processor_class"] = "LlavaProcessor";
    if (image != nullptr) {
        auto& list = config["added_tokens_decoder"];
        if (!list.is_object()) list = TokenizerJson::object();
        for (const auto& token : data::read_tokenizer_settings(from).added)
            if (!list.contains(std::to_string(token.id))) list[std::to_string(token.id)] = flags_of(token);
        list[std::to_string(image->id)] = flags_of(*image);
    }
    files::write_text(to / "tokenizer_config.json", config.dump(2) + "\n");
}

void write_json(TokenizerJson whole, const fs::path& to, const AddedToken& image) {
    auto entry = flags_of(image);
    entry["id"] = image.id;
    auto& list = whole["added_tokens"];
    if (!list.is_array()) list = TokenizerJson::array();
    const auto same = [&](const TokenizerJson& one) { return data::member(one, "id") == image.id; };
    if (std::none_of(list.begin(), list.end(), same)) list.push_back(std::move(entry));
    files::write_text(to, whole.dump(1) + "\n");
}

/// tokenizer.json, of the fast tokenizers.
void write_fast(const fs::path& from, const fs::path& to, const AddedToken& image) {
    write_json(data::read_tokenizer_json(from), to, image);
}

/// Beside config.json of a LLaVA transformers 5 reads tokenizer.model alone as something else than LLaMA's.
void write_converted(const fs::path& from, const fs::path& to, const AddedToken& image) {
    const auto settings = data::read_tokenizer_settings(from);
    if (auto whole = data::sentence_piece_json(from / "tokenizer.model", settings))
        write_json(std::move(*whole), to / "tokenizer.json", image);
}

void write_list(const fs::path& from, const fs::path& to, const AddedToken& image) {
    auto list = data::read_tokenizer_json(from);
    list[image.content] = image.id;
    files::write_text(to, list.dump(2) + "\n");
}

}  // namespace

std::int64_t write_llava_tokenizer(const fs::path& from, const fs::path& to) {
    const auto tokenizer = data::open_tokenizer(from);
    const auto known = tokenizer->id_of(k_image_token);
    const AddedToken image{.id = known.value_or(tokenizer->vocabulary()),
                           .content = std::string(k_image_token),
                           .special = true};
    write_settings(from, to, known ? nullptr : &image);
    for (const char* name : k_as_they_are)
        if (is_there(from / name)) take_over(from / name, to / name);
    const auto with_image = [&](const char* name, auto write) {
        if (!is_there(from / name)) return;
        if (known)
            take_over(from / name, to / name);
        else
            write(from / name, to / name, image);
    };
    with_image("tokenizer.json", write_fast);
    if (is_there(from / "tokenizer.model") && !is_there(from / "tokenizer.json"))
        write_converted(from, to, image);
    with_image("added_tokens.json", write_list);
    return image.id;
}

}  // namespace lvr::vlm
