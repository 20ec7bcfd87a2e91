// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/bpe_model.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <utility>

#include <lvr/data/unicode_text.hpp>

namespace lvr::data {

BpeModel::BpeModel(const TokenizerJson& json, std::string file) : file_(std::move(file)) {
    refuse_options(json);
    fuse_unknown_ = flag(json, "fuse_unk", false, file_);
    ignore_merges_ = flag(json, "ignore_merges", false, file_);
    read_vocabulary(member(json, "vocab"));
    read_merges(member(json, "merges"));
    read_bytes(json);
}

void BpeModel::refuse_options(const TokenizerJson& json) const {
    const auto& type = member(json, "type");
    // Files of early versions do not say the type; a BPE is told by its merges.
    const bool is_bpe = type.is_null() ? member(json, "merges").is_array() : type == "BPE";
    if (!is_bpe) throw unknown_to_us(file_, "a model of type " + type.dump());
    const auto& dropout = member(json, "dropout");
    if (!dropout.is_null() && dropout != 0) throw unknown_to_us(file_, "\"dropout\" " + dropout.dump());
    for (const char* name : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        const auto& value = member(json, name);
        if (!value.is_null() && value != "")
            throw unknown_to_us(file_, fmt::format("\"{}\" {}", name, value.dump()));
    }
}

void BpeModel::read_vocabulary(const TokenizerJson& json) {
    if (!json.is_object() || json.empty())
        throw bad_tokenizer(file_, "\"vocab\" is missing, empty or no object");
    ids_.reserve(json.size());
    for (const auto& [token, value] : json.items()) {
        const auto id =
            static_cast<std::size_t>(data::id_of(value, fmt::format("token \"{}\"", token), file_));
        // The empty token is never made from a text.
        if (token.empty()) throw bad_tokenizer(file_, fmt::format("token {} is empty", id));
        if (id >= tokens_.size()) tokens_.resize(id + 1);
        if (!tokens_[id].empty()) {
            throw bad_tokenizer(
                file_, fmt::format("id {} is two tokens, \"{}\" and \"{}\"", id, tokens_[id], token));
        }
        tokens_[id] = token;
        ids_.emplace(token, static_cast<Id>(id));
    }
}

void BpeModel::read_merges(const TokenizerJson& json) {
    if (!json.is_array()) throw bad_tokenizer(file_, "\"merges\" is missing, or no list");
    merges_.reserve(json.size());
    for (std::size_t rank = 0; rank < json.size(); ++rank) {
        const auto [left, right] = read_merge(json[rank], rank);
        const Merge merge{static_cast<std::uint32_t>(rank), known_id(left + right, rank)};
        // Of a pair that is there twice the later counts, as for the Rust library.
        merges_.insert_or_assign(pair_of(known_id(left, rank), known_id(right, rank)), merge);
    }
}

std::pair<std::string, std::string> BpeModel::read_merge(const TokenizerJson& entry, std::size_t rank) const {
    if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
        return {entry[0].get<std::string>(), entry[1].get<std::string>()};
    }
    if (entry.is_string()) {
        const auto text = entry.get<std::string>();
        const auto space = text.find(' ');
        if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos) {
            return {text.substr(0, space), text.substr(space + 1)};
        }
    }
    throw bad_tokenizer(file_, fmt::format("merge {} is no pair of tokens: {}", rank, entry.dump()));
}

BpeModel::Id BpeModel::known_id(const std::string& token, std::size_t rank) const {
    const auto found = ids_.find(token);
    if (found == ids_.end()) {
        throw bad_tokenizer(
            file_, fmt::format("merge {} names \"{}\", which is not in the vocabulary", rank, token));
    }
    return found->second;
}

void BpeModel::read_bytes(const TokenizerJson& json) {
    const bool fallback = flag(json, "byte_fallback", false, file_);
    std::optional<std::int64_t> unknown;
    if (!member(json, "unk_token").is_null()) {
        const auto token = text_of(json, "unk_token", file_);
        unknown = id_of(token);
        if (!unknown)
            throw bad_tokenizer(file_,
                                fmt::format("the unknown token \"{}\" is not in the vocabulary", token));
    }
    for (std::size_t byte = 0; byte < 256; ++byte) {
        std::string character;
        append_code_point(character, byte_characters()[byte]);
        auto& symbol = bytes_[byte];
        if (const auto id = id_of(character)) {
            symbol.ids = {static_cast<Id>(*id)};
            continue;
        }
        for (const char part : character) {
            const auto id = id_of(fmt::format("<0x{:02X}>", static_cast<unsigned char>(part)));
            if (fallback && id) symbol.ids.push_back(static_cast<Id>(*id));
        }
        if (symbol.ids.size() == character.size()) continue;
        symbol.unknown = unknown.has_value();
        symbol.ids.clear();
        if (unknown) symbol.ids = {static_cast<Id>(*unknown)};
    }
}

const std::string* BpeModel::token(std::int64_t id) const {
    if (id < 0 || id >= size()) return nullptr;
    const auto& token = tokens_[static_cast<std::size_t>(id)];
    return token.empty() ? nullptr : &token;
}

std::optional<std::int64_t> BpeModel::id_of(std::string_view token) const {
    const auto found = ids_.find(token);
    if (found == ids_.end()) return {};
    return found->second;
}

void BpeModel::encode(std::string_view word, std::vector<std::int64_t>& ids) const {
    if (cache_.append(word, ids)) return;
    const std::size_t begin = ids.size();
    std::optional<std::int64_t> whole;
    if (ignore_merges_) {
        std::string characters;
        for (const char byte : word) {
            append_code_point(characters, byte_characters()[static_cast<unsigned char>(byte)]);
        }
        whole = id_of(characters);
    }
    if (whole) {
        ids.push_back(*whole);
    } else {
        auto symbols = symbols_of(word);
        merge_all(symbols);
        for (const auto& symbol : symbols) {
            if (!symbol.gone) ids.push_back(symbol.id);
        }
    }
    cache_.keep(word, ids.data() + begin, ids.data() + ids.size());
}

std::vector<BpeModel::Symbol> BpeModel::symbols_of(std::string_view word) const {
    std::vector<Symbol> symbols;
    symbols.reserve(word.size());
    bool after_unknown = false;
    for (const char letter : word) {
        const auto& byte = bytes_[static_cast<unsigned char>(letter)];
        const bool fused = byte.unknown && after_unknown && fuse_unknown_;
        if (!byte.ids.empty()) after_unknown = byte.unknown;
        if (fused) continue;
        for (const Id id : byte.ids) symbols.push_back({id, 0, 0, false});
    }
    const int count = static_cast<int>(symbols.size());
    for (int i = 0; i < count; ++i) {
        symbols[static_cast<std::size_t>(i)].before = i - 1;
        symbols[static_cast<std::size_t>(i)].behind = i + 1 < count ? i + 1 : -1;
    }
    return symbols;
}

void BpeModel::merge_all(std::vector<Symbol>& symbols) const {
    struct Candidate {
        std::uint32_t rank;
        int at;
        Id into;
        bool operator>(const Candidate& other) const {
            return std::pair(rank, at) > std::pair(other.rank, other.at);
        }
    };
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
    const auto at = [&](int index) -> Symbol& { return symbols[static_cast<std::size_t>(index)]; };
    const auto merge_at = [&](int index) -> const Merge* {
        if (index < 0 || at(index).behind < 0) return nullptr;
        const auto found = merges_.find(pair_of(at(index).id, at(at(index).behind).id));
        return found == merges_.end() ? nullptr : &found->second;
    };
    const auto consider = [&](int index) {
        if (const auto* merge = merge_at(index)) queue.push({merge->rank, index, merge->into});
    };
    for (std::size_t i = 0; i < symbols.size(); ++i) consider(static_cast<int>(i));
    while (!queue.empty()) {
        const Candidate best = queue.top();
        queue.pop();
        if (at(best.at).gone) continue;
        const auto* merge = merge_at(best.at);
        if (!merge || merge->into != best.into) continue;  // one of the two has become another since
        Symbol& left = at(best.at);
        Symbol& right = at(left.behind);
        left.id = best.into;
        right.gone = true;
        left.behind = right.behind;
        if (left.behind >= 0) at(left.behind).before = best.at;
        consider(left.before);
        consider(best.at);
    }
}

}  // namespace lvr::data
