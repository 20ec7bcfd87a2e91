// SPDX-License-Identifier: Apache-2.0
#include "drawings.hpp"

#include <fmt/format.h>
#include <spng.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>

#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>

namespace lvr::test {
namespace {

using Colour = std::array<std::uint8_t, 3>;

constexpr int k_side = 48;  ///< pixels
const Colour k_ground = {250, 250, 245};
const std::map<std::string_view, Colour> k_paint = {
    {"red", {220, 30, 30}}, {"green", {20, 160, 40}}, {"blue", {40, 60, 220}}, {"yellow", {240, 220, 40}}};

bool covers(std::string_view shape, double x, double y, double radius) {
    if (shape == "circle") return x * x + y * y <= radius * radius;
    if (shape == "square") return std::max(std::abs(x), std::abs(y)) <= radius;
    return y <= radius && 2 * std::abs(x) <= y + radius;  // a triangle, its tip above
}

std::vector<std::uint8_t> encoded(const std::vector<std::uint8_t>& rgb) {
    const std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)> context(spng_ctx_new(SPNG_CTX_ENCODER),
                                                                      &spng_ctx_free);
    spng_ihdr header{};
    header.width = header.height = k_side;
    header.bit_depth = 8;
    header.color_type = SPNG_COLOR_TYPE_TRUECOLOR;
    spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1);
    spng_set_ihdr(context.get(), &header);
    core::ensure(spng_encode_image(context.get(), rgb.data(), rgb.size(), SPNG_FMT_PNG,
                                   SPNG_ENCODE_FINALIZE) == SPNG_OK,
                 "a drawing becomes a PNG");
    std::size_t size = 0;
    int status = 0;
    const std::unique_ptr<void, decltype(&std::free)> png(spng_get_png_buffer(context.get(), &size, &status),
                                                          &std::free);
    core::ensure(png != nullptr && status == SPNG_OK, "a PNG has bytes");
    const auto* const bytes = static_cast<const std::uint8_t*>(png.get());
    return {bytes, bytes + size};
}

template <class Names>
std::string_view pick(const Names& names, core::KeyedRng& draw) {
    return names[draw.below(names.size())];
}

}  // namespace

std::string Drawing::caption() const { return fmt::format("a {} {} on the {}", colour, shape, side); }

Drawing drawing(std::string_view set, int index) {
    core::KeyedRng draw(0, {"drawing", set}, static_cast<std::uint64_t>(index));
    Drawing one{fmt::format("{}/{:04}.png", set, index), "", "", ""};
    one.colour = pick(k_colours, draw);
    one.shape = pick(k_shapes, draw);
    one.side = pick(k_sides, draw);
    return one;
}

std::vector<std::uint8_t> png_of(const Drawing& drawing) {
    core::KeyedRng draw(0, {"place", drawing.file});
    const double radius = 7 + 4 * draw.uniform();
    const double middle_x = (drawing.side == "left" ? 14 : 34) + 4 * draw.uniform() - 2;
    const double middle_y = 16 + 16 * draw.uniform();
    std::vector<std::uint8_t> rgb;
    for (int y = 0; y < k_side; ++y) {
        for (int x = 0; x < k_side; ++x) {
            const bool inside = covers(drawing.shape, x - middle_x, y - middle_y, radius);
            const Colour& colour = inside ? k_paint.at(drawing.colour) : k_ground;
            rgb.insert(rgb.end(), colour.begin(), colour.end());
        }
    }
    return encoded(rgb);
}

}  // namespace lvr::test
