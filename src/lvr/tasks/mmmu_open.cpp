// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include <lvr/data/white_space.hpp>
#include <lvr/tasks/mmmu_answer.hpp>
#include <lvr/tasks/python_number.hpp>
#include <lvr/tasks/python_text.hpp>

namespace lvr::tasks {
namespace {

constexpr std::array<std::string_view, 9> k_indicators = {
    "could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result ", "="};

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    for (;;) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return lines;
        text.remove_prefix(end + 1);
    }
}

/// The shortest end of a line that an indicator introduces.
std::string_view key_of(std::string_view line, std::size_t indicators) {
    std::string_view shortest;
    for (std::size_t i = 0; i < indicators; ++i) {
        const std::size_t at = line.rfind(k_indicators[i]);
        if (at == std::string_view::npos) continue;
        const std::string_view end = data::strip(line.substr(at + k_indicators[i].size()));
        if (shortest.empty() || python::length(end) < python::length(shortest)) shortest = end;
    }
    const bool trivial =
        shortest.size() == 1 && std::string_view(":,.!?;'").find(shortest.front()) != std::string_view::npos;
    return trivial ? std::string_view() : shortest;
}

std::vector<std::string> keys_of(std::string_view answer) {
    const std::string response = python::lower(python::strip(data::strip(answer), '.'));
    const auto lines = lines_of(response);
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool last = i + 1 == lines.size();
        const auto key = key_of(lines[i], last ? k_indicators.size() : k_indicators.size() - 1);
        if (!key.empty()) keys.emplace_back(key);
    }
    if (keys.empty()) keys.push_back(response);
    return keys;
}

std::string shown(const MmmuValue& value) {
    const auto* number = std::get_if<double>(&value);
    return number != nullptr ? python::str(*number) : std::get<std::string>(value);
}

template <class Values>
void append_normalised(std::vector<MmmuValue>& all, const Values& texts) {
    for (const auto& text : texts) {
        for (auto& value : mmmu_normalised(text)) all.push_back(std::move(value));
    }
}

}  // namespace

std::vector<MmmuValue> mmmu_normalised(std::string_view text) {
    text = data::strip(text);
    if (const auto number = python::to_float(python::replace(text, ",", "")))
        return {python::round_to(*number, 2)};
    const std::string lowered = python::lower(text);
    if (python::length(lowered) == 1) return {" " + lowered, lowered + " "};
    return {lowered};
}

std::vector<MmmuValue> mmmu_values(std::string_view answer) {
    const auto keys = keys_of(answer);
    std::vector<MmmuValue> values;
    append_normalised(values, keys);
    for (const auto& key : keys) append_normalised(values, extract_numbers(key));
    // NaN, which equals nothing, stays apart from itself as in Python's set.
    std::vector<MmmuValue> once;
    for (auto& value : values) {
        if (std::find(once.begin(), once.end(), value) == once.end()) once.push_back(std::move(value));
    }
    std::stable_sort(once.begin(), once.end(), [](const auto& a, const auto& b) {
        return std::pair(a.index(), shown(a)) < std::pair(b.index(), shown(b));
    });
    return once;
}

bool mmmu_open_correct(std::span<const MmmuValue> right, std::span<const MmmuValue> values) {
    const auto matches = [](const MmmuValue& value, const MmmuValue& gold) {
        if (value.index() != gold.index()) return false;
        if (std::holds_alternative<double>(value)) return value == gold;
        return std::get<std::string>(value).find(std::get<std::string>(gold)) != std::string::npos;
    };
    return std::any_of(values.begin(), values.end(), [&](const auto& value) {
        return std::any_of(right.begin(), right.end(),
                           [&](const auto& gold) { return matches(value, gold); });
    });
}

}  // namespace lvr::tasks
