// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lvr::test {

inline constexpr std::array<std::string_view, 4> k_colours = {"red", "green", "blue", "yellow"};
inline constexpr std::array<std::string_view, 3> k_shapes = {"circle", "square", "triangle"};
inline constexpr std::array<std::string_view, 2> k_sides = {"left", "right"};

/// One shape on a light ground.
struct Drawing {
    std::string file;  ///< relative to the folder that holds all pictures
    std::string_view colour;
    std::string_view shape;
    std::string_view side;

    std::string caption() const;
};

/// Drawing number `index` of a set, the same each time. @param set "train", "test"
Drawing drawing(std::string_view set, int index);

/// PNG bytes of 48 x 48 pixels; place and size within the side vary with the drawing's name.
std::vector<std::uint8_t> png_of(const Drawing& drawing);

}  // namespace lvr::test
