// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <lvr/data/tokenizer_settings.hpp>
#include <lvr/data/word_cache.hpp>

namespace lvr::data {

/// Byte-pair encoding of words given as bytes: each byte is one symbol (byte_characters), then the pair of
/// neighbours that was learned first is merged, the leftmost of equal ones, until none is left.
class BpeModel {
  public:
    /// @param json the "model" of a tokenizer.json; @param file named in messages
    /// @throws core::Error (input) if it is no BPE, or asks for dropout, a prefix or a suffix; if two tokens
    /// have one id; if a merge names an unknown token
    BpeModel(const TokenizerJson& json, std::string file);

    /// Appends the ids of one word. Safe to call from several threads at once.
    void encode(std::string_view word, std::vector<std::int64_t>& ids) const;

    /// The token of an id; nothing if there is none.
    const std::string* token(std::int64_t id) const;
    std::optional<std::int64_t> id_of(std::string_view token) const;
    /// One more than the highest id.
    std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }

  private:
    using Id = std::uint32_t;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    struct PairHash {
        std::size_t operator()(std::uint64_t pair) const {
            pair *= 0x9E3779B97F4A7C15U;
            return pair ^ (pair >> 32);
        }
    };
    struct Merge {
        std::uint32_t rank = 0;
        Id into = 0;
    };
    /// What stands for a byte: its token; or, without one, its fallback bytes; or the unknown token; or
    /// nothing.
    struct ByteSymbol {
        std::vector<Id> ids;
        bool unknown = false;
    };
    struct Symbol {
        Id id = 0;
        int before = -1, behind = -1;
        bool gone = false;
    };

    static std::uint64_t pair_of(Id left, Id right) { return std::uint64_t{left} << 32 | right; }

    void refuse_options(const TokenizerJson& json) const;
    void read_vocabulary(const TokenizerJson& json);
    void read_merges(const TokenizerJson& json);
    std::pair<std::string, std::string> read_merge(const TokenizerJson& entry, std::size_t rank) const;
    void read_bytes(const TokenizerJson& json);
    Id known_id(const std::string& token, std::size_t rank) const;
    std::vector<Symbol> symbols_of(std::string_view word) const;
    void merge_all(std::vector<Symbol>& symbols) const;

    std::string file_;
    std::vector<std::string> tokens_;  // an empty text: no token
    std::unordered_map<std::string, Id, Hash, std::equal_to<>> ids_;
    std::unordered_map<std::uint64_t, Merge, PairHash> merges_;
    std::array<ByteSymbol, 256> bytes_;
    bool fuse_unknown_ = false, ignore_merges_ = false;
    WordCache cache_;
};

}  // namespace lvr::data
