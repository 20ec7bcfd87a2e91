// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/same_settings.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/files/utf8.hpp>

namespace lvr::run {
namespace {

using core::Json;

/// "config.tap: was -2, is -1 now"
std::vector<std::string> differences(const Json& before, const Json& now) {
    constexpr std::size_t most_of_value = 80;
    const Json old_values = before.flatten(), new_values = now.flatten();
    std::set<std::string> keys;
    for (const auto& [key, value] : old_values.items()) keys.insert(key);
    for (const auto& [key, value] : new_values.items()) keys.insert(key);
    const auto text = [&](const Json& values, const std::string& key) {
        const auto found = values.find(key);
        if (found == values.end()) return std::string("absent");
        return files::shown(found->dump(-1, ' ', false, Json::error_handler_t::replace), most_of_value);
    };
    std::vector<std::string> lines;
    for (const auto& key : keys) {
        if (old_values.contains(key) && new_values.contains(key) && old_values[key] == new_values[key])
            continue;
        std::string name = key.substr(std::min<std::size_t>(key.size(), 1));
        std::ranges::replace(name, '/', '.');
        lines.push_back(fmt::format("{}: was {}, is {} now", files::shown(name), text(old_values, key),
                                    text(new_values, key)));
    }
    return lines;
}

}  // namespace

void expect_same(const Json& before, const Json& now, const Begun& begun) {
    constexpr std::size_t most_lines = 12;
    std::vector<std::string> lines = differences(before, now);
    if (lines.empty()) return;
    if (lines.size() > most_lines) {
        const std::size_t more = lines.size() - most_lines;
        lines.resize(most_lines);
        lines.push_back(fmt::format("and {} more", more));
    }
    throw core::usage_error(fmt::format("{}: was begun with another configuration or input\n    {}",
                                        begun.where.string(), fmt::join(lines, "\n    ")),
                            begun.why,
                            "choose another folder, or the same configuration and input as before");
}

}  // namespace lvr::run
