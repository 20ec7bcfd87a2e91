// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/name_list.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

namespace lvr::core {

std::string name_list(const std::vector<std::string>& names, std::size_t most) {
    const auto first = std::span(names).first(std::min(most, names.size()));
    const std::string text = fmt::format("{}", fmt::join(first, ", "));
    return names.size() > most ? fmt::format("{} and {} more", text, names.size() - most) : text;
}

}  // namespace lvr::core
