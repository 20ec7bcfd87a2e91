// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/quantity.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace lvr::core {

std::string bytes_text(double bytes) {
    constexpr std::array<const char*, 6> units = {"B", "kB", "MB", "GB", "TB", "PB"};
    std::size_t unit = 0;
    for (; bytes >= 1000 && unit + 1 < units.size(); ++unit) bytes /= 1000;
    return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, units[unit]);
}

std::string duration_text(double seconds) {
    constexpr double minute = 60, hour = 3600, most = 1000 * hour;
    if (!(seconds < most)) return "very long";
    const auto whole = static_cast<std::int64_t>(seconds + 0.5);
    if (seconds < minute) return fmt::format("{} s", whole);
    if (seconds < hour) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

}  // namespace lvr::core
