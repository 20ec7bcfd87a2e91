// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/name_pattern.hpp>

namespace lvr::weights {
namespace {

constexpr std::size_t k_longest_number = 9;

/// The number at the start, "" if there is none.
std::string_view number_at(std::string_view text) {
    auto count = text.find_first_not_of("0123456789");
    if (count == std::string_view::npos) count = text.size();
    const bool plain = count > 0 && count <= k_longest_number && (text[0] != '0' || count == 1);
    return text.substr(0, plain ? count : 0);
}

}  // namespace

std::optional<Numbers> match_pattern(std::string_view pattern, std::string_view name) {
    Numbers numbers;
    while (!pattern.empty()) {
        if (pattern == "*") return numbers;
        if (pattern.starts_with("{}")) {
            const auto number = number_at(name);
            if (number.empty()) return std::nullopt;
            numbers.emplace_back(number);
            name.remove_prefix(number.size());
            pattern.remove_prefix(2);
        } else {
            if (name.empty() || name[0] != pattern[0]) return std::nullopt;
            name.remove_prefix(1);
            pattern.remove_prefix(1);
        }
    }
    return name.empty() ? std::optional(numbers) : std::nullopt;
}

std::string fill_pattern(std::string_view pattern, const Numbers& numbers) {
    std::string name;
    std::size_t used = 0;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        if (pattern.substr(at, 2) == "{}" && used < numbers.size()) {
            name += numbers[used++];
            ++at;
        } else {
            name += pattern[at];
        }
    }
    return name;
}

}  // namespace lvr::weights
