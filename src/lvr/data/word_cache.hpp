// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lvr::data {

/// The ids of words seen before: most of a text are words that came many times. Safe to use from several
/// threads; each part forgets all it has when it is full.
class WordCache {
  public:
    /// Appends the word's ids if they are known. @return whether they were
    bool append(std::string_view word, std::vector<std::int64_t>& ids) const;
    void keep(std::string_view word, const std::int64_t* begin, const std::int64_t* end) const;

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    struct Part {
        std::mutex mutex;
        std::unordered_map<std::string, std::vector<std::int64_t>, Hash, std::equal_to<>> words;
    };

    static constexpr std::size_t k_parts = 16, k_words_per_part = 4096, k_longest_word = 64;
    Part& part_of(std::string_view word) const;

    mutable std::array<Part, k_parts> parts_;
};

}  // namespace lvr::data
