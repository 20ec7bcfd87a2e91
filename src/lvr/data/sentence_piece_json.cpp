// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/sentence_piece_json.hpp>

#include <sentencepiece_processor.h>

#include <map>
#include <string>
#include <string_view>

#include <lvr/core/text_file.hpp>
#include <lvr/data/sentence_piece_file.hpp>
#include <lvr/data/unicode_text.hpp>

namespace lvr::data {
namespace {

using Model = sentencepiece::SentencePieceProcessor;
using Json = TokenizerJson;

constexpr const char* k_underline = "\xE2\x96\x81";  // U+2581, SentencePiece's sign for a space

Json added_entry(const AddedToken& token) {
    return {{"id", token.id},
            {"content", token.content},
            {"single_word", token.single_word},
            {"lstrip", token.left_strip},
            {"rstrip", token.right_strip},
            {"normalized", token.normalised},
            {"special", token.special}};
}

/// What is found in a text before it is encoded, by id.
Json added_tokens(const Model& model, const TokenizerSettings& settings) {
    std::map<std::int64_t, AddedToken> tokens;
    for (int id = 0; id < model.GetPieceSize(); ++id) {
        AddedToken token{.id = id, .content = model.IdToPiece(id)};
        token.special = model.IsControl(id) || model.IsUnknown(id);
        // The library tells user-defined pieces from others by nothing: they are in the settings' list, too.
        if (token.special) tokens[id] = token;
    }
    for (const auto& token : settings.added) tokens[token.id] = token;
    Json list = Json::array();
    for (const auto& [id, token] : tokens) list.push_back(added_entry(token));
    return list;
}

Json bpe(const Model& model) {
    Json vocabulary = Json::object(), merges = Json::array();
    const auto ordinary = [&](int id) {
        return !model.IsControl(id) && !model.IsUnknown(id) && !model.IsByte(id) && !model.IsUnused(id);
    };
    const auto has = [&](std::string_view piece) { return vocabulary.contains(piece); };
    for (int id = 0; id < model.GetPieceSize(); ++id) vocabulary[model.IdToPiece(id)] = id;
    for (int id = 0; id < model.GetPieceSize(); ++id) {
        const std::string_view piece = model.IdToPiece(id);
        if (!ordinary(id) || piece.empty()) continue;
        for (std::size_t at = first_code_point(piece).length; at > 0 && at < piece.size();
             at += first_code_point(piece.substr(at)).length)
            if (has(piece.substr(0, at)) && has(piece.substr(at)))
                merges.push_back({piece.substr(0, at), piece.substr(at)});
    }
    return {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", model.IdToPiece(model.unk_id())},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", true},
            {"byte_fallback", true},
            {"ignore_merges", false},
            {"vocab", std::move(vocabulary)},
            {"merges", std::move(merges)}};
}

/// BOS in front and EOS behind, as far as the settings want them.
Json template_of(const Model& model, const TokenizerSettings& settings) {
    Json single = Json::array(), pair = Json::array(), tokens = Json::object();
    const auto add = [&](bool wanted, const std::string& token, Json& list, int sequence) {
        if (!wanted) return;
        list.push_back({{"SpecialToken", {{"id", token}, {"type_id", sequence}}}});
        tokens[token] = {{"id", token}, {"ids", {model.PieceToId(token)}}, {"tokens", {token}}};
    };
    const auto add_sequence = [&](Json& list, int sequence) {
        add(settings.add_bos.value_or(true), settings.bos.value_or("<s>"), list, sequence);
        list.push_back({{"Sequence", {{"id", sequence == 0 ? "A" : "B"}, {"type_id", sequence}}}});
        add(settings.add_eos.value_or(false), settings.eos.value_or("</s>"), list, sequence);
    };
    add_sequence(single, 0);
    add_sequence(pair, 0);
    add_sequence(pair, 1);
    return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", tokens}};
}

Json decoder(const TokenizerSettings& settings) {
    Json steps = {{{"type", "Replace"}, {"pattern", {{"String", k_underline}}}, {"content", " "}},
                  {{"type", "ByteFallback"}},
                  {{"type", "Fuse"}}};
    if (settings.add_prefix_space)
        steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    return {{"type", "Sequence"}, {"decoders", std::move(steps)}};
}

}  // namespace

std::optional<TokenizerJson> sentence_piece_json(const std::filesystem::path& file,
                                                 const TokenizerSettings& settings) {
    const auto bytes = core::read_text(file);
    const auto traits = sentence_piece_traits(bytes);
    Model model;
    if (!traits || !model.LoadFromSerializedProto(bytes).ok())
        throw bad_tokenizer(file.string(), "is no SentencePiece model");
    if (!traits->is_bpe || model.unk_id() < 0) return {};
    const char* const prepend = !settings.add_prefix_space ? "never" : settings.legacy ? "always" : "first";
    return Json{{"version", "1.0"},
                {"truncation", nullptr},
                {"padding", nullptr},
                {"added_tokens", added_tokens(model, settings)},
                {"normalizer", nullptr},
                {"pre_tokenizer",
                 {{"type", "Metaspace"},
                  {"replacement", k_underline},
                  {"prepend_scheme", prepend},
                  {"split", false}}},
                {"post_processor", template_of(model, settings)},
                {"decoder", decoder(settings)},
                {"model", bpe(model)}};
}

}  // namespace lvr::data
