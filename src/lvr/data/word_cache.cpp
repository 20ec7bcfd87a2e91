// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/word_cache.hpp>

namespace lvr::data {

WordCache::Part& WordCache::part_of(std::string_view word) const {
    // Other bits of the hash than those that choose a bucket.
    return parts_[(Hash{}(word) >> 40) % k_parts];
}

bool WordCache::append(std::string_view word, std::vector<std::int64_t>& ids) const {
    if (word.size() > k_longest_word) return false;
    Part& part = part_of(word);
    const std::lock_guard lock(part.mutex);
    const auto found = part.words.find(word);
    if (found == part.words.end()) return false;
    ids.insert(ids.end(), found->second.begin(), found->second.end());
    return true;
}

void WordCache::keep(std::string_view word, const std::int64_t* begin, const std::int64_t* end) const {
    if (word.size() > k_longest_word) return;
    Part& part = part_of(word);
    const std::lock_guard lock(part.mutex);
    if (part.words.size() >= k_words_per_part) part.words.clear();
    part.words.insert_or_assign(std::string(word), std::vector<std::int64_t>(begin, end));
}

}  // namespace lvr::data
