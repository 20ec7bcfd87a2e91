// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <lvr/score/matching.hpp>
#include <lvr/score/pair_matcher.hpp>
#include <lvr/score/view.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::score;
using namespace lvr::test;
using Catch::Contains;

namespace {

using Values = std::vector<float>;
constexpr std::array k_published_grids = {14, 16, 24, 32, 48};
constexpr Grid k_grid{16, 16};
constexpr ImageSize k_landscape{500, 375}, k_portrait{375, 500}, k_square{840, 840};

void check_place(const PatchPlace& place, double column, double row) {
    CHECK(place.column == Approx(column).epsilon(1e-6));
    CHECK(place.row == Approx(row).epsilon(1e-6));
}

PatchPlace hard(const Values& values, Grid grid) { return best_place(values, grid, {.soft = false}); }
PatchPlace soft(const Values& values, Grid grid, std::int64_t window, double temperature) {
    return best_place(values, grid, {.window = window, .temperature = temperature});
}

/// Each step as the rule is written, on the whole map.
PatchPlace soft_by_the_rule(Values values, Grid grid, std::int64_t window, double temperature) {
    const auto peak = std::max_element(values.begin(), values.end()) - values.begin();
    for (std::int64_t i = 0; i < grid.size(); ++i) {
        const auto dx = std::abs(i % grid.columns - peak % grid.columns);
        const auto dy = std::abs(i / grid.columns - peak / grid.columns);
        if (window > 0 && std::max(dx, dy) > window) values[i] = 0;
    }
    double sum = 0, column = 0, row = 0;
    for (std::int64_t i = 0; i < grid.size(); ++i) {
        const double weight = std::exp(values[i] / temperature);
        sum += weight;
        column += weight * static_cast<double>(i % grid.columns);
        row += weight * static_cast<double>(i / grid.columns);
    }
    return {column / sum, row / sum};
}

Values noise(std::int64_t count, unsigned seed) {
    Values values;
    for (std::int64_t i = 0; i < count; ++i) {
        seed = seed * 1664525U + 1013904223U;
        values.push_back(static_cast<float>(seed >> 8) / 16777216.0F - 0.5F);
    }
    return values;
}

core::Json encoder(const core::Json& pixels, const core::Json& grid) {
    return {{"family", "clip"},
            {"of_layers", 24},
            {"model", {{"patch", 14}, {"grid", grid}}},
            {"pixels", pixels}};
}
core::Json single(const core::Json& pixels) {
    return {{"representation", "clip224"}, {"encoder", encoder(pixels, {16, 16})}, {"store", "float16"}};
}
core::Json fused(const core::Json& a, const core::Json& b) {
    return {{"encoder", {{"fusion", "channels"}, {"parts", {encoder(a, {16, 16}), encoder(b, {16, 16})}}}}};
}
const core::Json k_cropped = {{"shortest_edge", 224}, {"filter", "bicubic"}, {"crop", {224, 224}}};
const core::Json k_squashed = {{"resize", {224, 224}}, {"filter", "bicubic"}};

std::string grid_refusal(const core::Json& identity, std::int64_t tokens, const std::string& wanted = "") {
    return input_message([&] { grid_of(identity, tokens, wanted, "folder"); });
}

}  // namespace

TEST_CASE("the hard match is the first of the most similar patches") {
    check_place(hard({1, 3, 3, 2}, {2, 2}), 1, 0);
    check_place(hard({-5, -7, -2, -2, -2, -9}, {2, 3}), 2, 0);
    check_place(hard({0, 0, 0, 0}, {2, 2}), 0, 0);
    check_place(hard({0, 1, 2, 3, 9, 4}, {3, 2}), 0, 2);
    check_place(hard({7}, {1, 1}), 0, 0);
}

TEST_CASE("the soft match over the whole map is the expected place") {
    const double e = std::exp(1.0);
    check_place(soft({0, 0, 1, 0}, {1, 4}, 0, 1), (0 + 1 + 2 * e + 3) / (3 + e), 0);
    check_place(soft({0, 0, 1, 0}, {4, 1}, 0, 1), 0, (0 + 1 + 2 * e + 3) / (3 + e));
    check_place(soft({0, 0, 0, 0, 0, 0}, {2, 3}, 0, 0.02), 1, 0.5);
    check_place(soft({-1, -1, -1, -1}, {2, 2}, 0, 0.02), 0.5, 0.5);
    check_place(soft({1, 2, 3, 4}, {2, 2}, 0, 1e-6), 1, 1);
    check_place(soft({-3}, {1, 1}, 5, 0.02), 0, 0);
}

TEST_CASE("similarities outside of the window count as 0") {
    const double e = std::exp(1.0);
    // Peak at a corner, window 1: four patches are kept, twelve are 0 though they were 0.9.
    Values corner(16, 0.9F);
    corner[0] = 1;
    corner[1] = corner[4] = corner[5] = -100;
    check_place(soft(corner, {4, 4}, 1, 1), (24.0 - 2) / (e + 12), (24.0 - 2) / (e + 12));
    std::reverse(corner.begin(), corner.end());
    check_place(soft(corner, {4, 4}, 1, 1), 3 - 22 / (e + 12), 3 - 22 / (e + 12));
    // A line, window 1 about its fourth patch: 0 + 1 + 5 + 6 are outside.
    check_place(soft({.5, .5, 0, 1, 0, .5, .5}, {1, 7}, 1, 1), 3, 0);
    check_place(soft({.5, 1, 0, .5}, {1, 4}, 1, 1), (e + 2 + 3) / (std::exp(0.5) + e + 2), 0);
}

TEST_CASE("where the peak is low the patches outside outweigh it") {
    Values low(48 * 48, 0.05F);
    for (int row = 15; row <= 25; ++row)
        for (int column = 5; column <= 15; ++column) low[row * 48 + column] = -10;
    low[20 * 48 + 10] = 0.1F;
    const double outside = std::exp(-5.0), sum = 1 + outside * (48 * 48 - 121);
    CHECK(sum - 1 == Approx(14.709).epsilon(1e-4));  // times the peak
    const double all = 48.0 * (47 * 48 / 2);
    check_place(soft(low, {48, 48}, 5, 0.02), (10 + outside * (all - 11 * 110)) / sum,
                (20 + outside * (all - 11 * 220)) / sum);

    // All of the window is negative: the zeros outside are the largest.
    Values negative(25, -0.5F);
    negative[0] = -0.1F;
    const double peak = std::exp(-5.0), rest = std::exp(-25.0);
    const double expected = (48 + 2 * rest) / (21 + peak + 3 * rest);
    check_place(soft(negative, {5, 5}, 1, 0.02), expected, expected);
}

TEST_CASE("the soft match follows its rule on maps of any form, with any window") {
    int checked = 0;
    for (const Grid grid : {Grid{1, 9}, Grid{9, 1}, Grid{5, 7}, Grid{16, 16}}) {
        for (const std::int64_t window : {0, 1, 2, 5, 100}) {
            const auto values = noise(grid.size(), 7 + static_cast<unsigned>(checked));
            const auto expected = soft_by_the_rule(values, grid, window, 0.1);
            check_place(soft(values, grid, window, 0.1), expected.column, expected.row);
            ++checked;
        }
        const auto values = noise(grid.size(), 3);
        const auto whole = soft(values, grid, 0, 0.02);
        const auto largest = soft(values, grid, std::numeric_limits<std::int64_t>::max(), 0.02);
        CHECK(largest.column == whole.column);
        CHECK(largest.row == whole.row);
    }
    CHECK(checked == 20);
}

TEST_CASE("published patches: exact multiples of the stride belong to the patch that begins there") {
    const View view;
    int checked = 0;
    for (const std::int64_t patches : k_published_grids) {
        const Grid grid{patches, patches};
        const double stride = static_cast<double>(k_frame) / static_cast<double>(patches);
        for (std::int64_t i = 0; i < patches; ++i, ++checked) {
            const double at = static_cast<double>(i) * stride;
            CHECK(view.patch(at, at, k_square, grid) == i * patches + i);
            CHECK(view.patch(at + stride - 0.01, at, k_square, grid) == i * patches + i);
        }
        CHECK(view.patch(840, 840, k_square, grid) == patches * patches - 1);
        CHECK(view.place(1.5, 2, k_square, grid)[0] ==
              static_cast<float>(1.5 * stride + std::floor(stride / 2)));
        CHECK(view.place(1.5, 2, k_square, grid)[1] ==
              static_cast<float>(2 * stride + std::floor(stride / 2)));
    }
    CHECK(checked == 14 + 16 + 24 + 32 + 48);
    CHECK(view.place(2, 0, k_square, {16, 16})[0] == 131);
}

TEST_CASE("published frames: padded about the picture's centre, sizes rounded to even") {
    const PaddedFrame landscape(k_landscape), portrait(k_portrait);
    CHECK(landscape.scale == 1.68);
    CHECK(landscape.offset_x == 0);
    CHECK(landscape.offset_y == 105);
    CHECK(portrait.offset_x == 105);
    CHECK(portrait.offset_y == 0);
    CHECK(PaddedFrame({1680, 841}).offset_y == 210);  // 420.5 rounds to 420
    CHECK(PaddedFrame({1680, 842}).offset_y == 209);  // 419 spare, half of them cut
    CHECK(PaddedFrame({1680, 843}).offset_y == 209);  // 421.5 rounds to 422
    CHECK(landscape.back(landscape.x(123), landscape.y(45))[0] == Approx(123));
    CHECK(landscape.back(landscape.x(123), landscape.y(45))[1] == Approx(45));
    const View view;
    CHECK(view.patch(0, 0, k_landscape, {16, 16}) == 2 * 16);
    CHECK(view.patch(500, 375, k_landscape, {16, 16}) == 14 * 16 + 15);
    CHECK(view.mirrored_patch(0, 0, k_landscape, {16, 16}) == 2 * 16 + 15);
    CHECK(view.mirrored_patch(0, 0, k_portrait, {16, 16}) == 14);
    CHECK_FALSE(view.is_outside(500, 375, k_landscape, k_grid));
}

TEST_CASE("aligned views: squashed, and cropped about the centre") {
    const View squashed{.kind = View::Kind::squashed};
    CHECK(squashed.patch(249.9, 187.4, k_landscape, {10, 10}) == 44);
    CHECK(squashed.patch(250, 187.5, k_landscape, {10, 10}) == 55);
    CHECK(squashed.patch(500, 375, k_landscape, {10, 10}) == 99);
    CHECK(squashed.patch(500, 375, k_landscape, {3, 5}) == 14);
    CHECK(squashed.mirrored_patch(0, 0, k_landscape, {10, 10}) == 9);
    CHECK(squashed.mirrored_patch(499, 374, k_landscape, {10, 10}) == 90);
    CHECK(squashed.place(0, 0, k_landscape, {10, 10})[0] == Approx(25 * 1.68));
    CHECK(squashed.place(0, 0, k_landscape, {10, 10})[1] == Approx(18.75 * 1.68 + 105));

    const View cropped =
        view_of(single(k_cropped), k_grid, "f");  // 500 x 375 becomes 298 x 224, of which 37 are cut
    CHECK(cropped.patch(100, 100, k_landscape, k_grid) == 4 * 16 + 1);
    CHECK(cropped.patch(10, 100, k_landscape, k_grid) == 4 * 16);
    CHECK(cropped.mirrored_patch(100, 100, k_landscape, k_grid) == 4 * 16 + 14);
    CHECK(cropped.is_outside(10, 100, k_landscape, k_grid));
    CHECK(cropped.is_outside(490, 100, k_landscape, k_grid));
    CHECK_FALSE(cropped.is_outside(250, 375, k_landscape, k_grid));
    CHECK(cropped.is_outside(100, 490, k_portrait, k_grid));

    const View part = view_of(single({{"resize", {256, 256}}, {"crop", {224, 224}}}), k_grid, "f");
    CHECK(part.patch(250, 187.5, k_landscape, k_grid) == 8 * 16 + 8);
    CHECK(part.is_outside(20, 187.5, k_landscape, k_grid));
    const View padded = view_of(single({{"shortest_edge", 200}, {"crop", {224, 224}}}), k_grid, "f");
    CHECK(padded.patch(10, 0, {400, 400}, k_grid) == 1);
    CHECK_FALSE(padded.is_outside(0, 0, {400, 400}, k_grid));
}

TEST_CASE("the place of a patch lies in that patch, in every view") {
    const std::vector<View> views = {
        {},
        view_of(single(k_squashed), k_grid, "f"),
        view_of(single(k_cropped), k_grid, "f"),
        view_of(single({{"resize", {256, 300}}, {"crop", {224, 224}}}), k_grid, "f")};
    int checked = 0;
    for (const auto& view : views) {
        for (const auto& size : {k_landscape, k_portrait, ImageSize{333, 333}, ImageSize{1000, 97}}) {
            for (const Grid grid : {Grid{16, 16}, Grid{18, 24}, Grid{1, 7}}) {
                for (std::int64_t i = 0; i < grid.size(); ++i, ++checked) {
                    const auto place = view.place(static_cast<double>(i % grid.columns),
                                                  static_cast<double>(i / grid.columns), size, grid);
                    const auto pixel = PaddedFrame(size).back(place[0], place[1]);
                    if (view.patch(pixel[0], pixel[1], size, grid) != i) FAIL_CHECK("patch " << i);
                }
            }
        }
    }
    CHECK(checked == 4 * 4 * (256 + 432 + 7));
}

TEST_CASE("bfloat16 arithmetic: even maps have their place in the middle") {
    for (const auto arithmetic : {Arithmetic::bfloat16, Arithmetic::bfloat16_torch1}) {
        const MatchRule rule{.window = 0, .temperature = 0.02, .arithmetic = arithmetic};
        check_place(best_place(Values(3, 0.25F), {1, 3}, rule), 1, 0);
        check_place(best_place(Values(1, 0.25F), {1, 1}, rule), 0, 0);
        check_place(best_place(Values{0, 0, 1, 0, 0, 0}, {2, 3}, rule), 2, 0);
    }
}

TEST_CASE("a map need not cover all of the input, and one cut may have two sizes") {
    const auto model = [](std::int64_t size, std::int64_t patch, std::int64_t grid) {
        return core::Json{{"model", {{"grid", {grid, grid}}, {"patch", patch}}},
                          {"pixels", {{"resize", {size, size}}}}};
    };
    const View whole = view_of({{"encoder", model(384, 16, 24)}}, {24, 24}, "f");
    CHECK(whole.kind == View::Kind::squashed);
    const View part = view_of({{"encoder", model(384, 14, 27)}}, {27, 27}, "f");  // 378 of 384 pixels
    CHECK(part.patch(839, 839, k_square, {27, 27}) == 27 * 27 - 1);
    CHECK(part.place(26, 26, k_square, {27, 27})[0] == Approx(26.5 * 14 * 840 / 384));
    CHECK(part.is_outside(839, 100, k_square, {27, 27}));
    const core::Json two = {{"encoder", {{"parts", {model(224, 14, 16), model(256, 16, 16)}}}}};
    CHECK(view_of(two, k_grid, "f").kind == View::Kind::squashed);
    const auto crop = [&](std::int64_t size, std::int64_t patch) {
        auto json = model(size, patch, 16);
        json["pixels"] = {{"shortest_edge", size}, {"crop", {size, size}}};
        return json;
    };
    const core::Json crops = {{"encoder", {{"parts", {crop(224, 14), crop(256, 16)}}}}};
    CHECK(view_of(crops, k_grid, "f").edge == 224);
    CHECK(
        is_same_cut(view_of(crops, k_grid, "f"), view_of({{"encoder", crop(256, 16)}}, k_grid, "f"), k_grid));
    CHECK_FALSE(is_same_cut(view_of(crops, k_grid, "f"), view_of(two, k_grid, "f"), k_grid));
    CHECK_FALSE(is_same_cut({}, view_of(two, k_grid, "f"), k_grid));
}

TEST_CASE("views as feature folders tell them") {
    CHECK(view_of(single(k_squashed), k_grid, "f").kind == View::Kind::squashed);
    CHECK(view_of(single({{"resize", {224, 224}}, {"crop", {224, 224}}}), k_grid, "f").kind ==
          View::Kind::squashed);
    const View cropped = view_of(fused(k_cropped, k_cropped), k_grid, "f");
    CHECK(cropped.kind == View::Kind::resized);
    CHECK(cropped.edge == 224);
    CHECK(cropped.crop_width == 224);
    CHECK(tells_view(single(k_squashed)));
    CHECK_FALSE(tells_view({{"import", {{"kind", "npy"}}}, {"grid", {16, 16}}}));
    CHECK_FALSE(tells_view(nullptr));
    const auto refusal = [](const core::Json& identity) {
        return input_message([&] { view_of(identity, k_grid, "some/folder"); });
    };
    CHECK_THAT(refusal(nullptr), Contains("some/folder: does not say how") && Contains("--frame published"));
    CHECK_THAT(refusal({{"encoder", {{"family", "clip"}}}}), Contains("does not say how"));
    CHECK_THAT(refusal(fused(k_cropped, k_squashed)),
               Contains("some/folder: its encoders saw different cuts"));
    int damaged = 0;
    for (const core::Json& pixels :
         {core::Json{{"shortest_edge", "x"}}, core::Json{{"shortest_edge", 0}}, core::Json{{"resize", 224}},
          core::Json{{"resize", {224, 0}}}, core::Json{{"crop", core::Json::array({224})}},
          core::Json{{"crop", {1e30, 4}}}, core::Json{{"crop", {nullptr, 4}}}}) {
        CHECK_THAT(refusal(single(pixels)), Contains("some/folder/manifest.json"));
        ++damaged;
    }
    CHECK(damaged == 7);
}

TEST_CASE("grids of patches, and what is none") {
    CHECK(grid_of(nullptr, 256, "", "f") == Grid{16, 16});
    CHECK(grid_of({{"grid", nullptr}}, 256, "", "f") == Grid{16, 16});
    CHECK(grid_of({{"grid", {18, 24}}}, 432, "", "f") == Grid{18, 24});
    CHECK(grid_of(nullptr, 432, "18x24", "f") == Grid{18, 24});
    CHECK(grid_of(fused(k_cropped, k_cropped), 256, "", "f") == Grid{16, 16});
    CHECK_THAT(grid_refusal(nullptr, 432),
               Contains("folder: 432 tokens do not form a grid of 21 x 21 patches") && Contains("--grid"));
    CHECK_THAT(grid_refusal(nullptr, 0), Contains("0 tokens"));
    CHECK_THAT(grid_refusal(nullptr, 432, "18x23"), Contains("18 x 23"));
    CHECK_THAT(grid_refusal(nullptr, 257), Contains("257 tokens"));
    CHECK_THAT(grid_refusal(fused(k_cropped, k_cropped), 512), Contains("tokens in turn of two encoders"));
    CHECK_THAT(grid_refusal({{"grid", {16, 16}}}, 256, "8x32"), Contains("its maps are of 16 x 16 patches, not 8x32"));
    CHECK_THAT(grid_refusal({{"grid", {16, -16}}}, 256), Contains("folder/manifest.json"));
    CHECK_THAT(grid_refusal({{"grid", core::Json::array({16})}}, 256), Contains("folder/manifest.json"));
    int refused = 0;
    for (const char* text : {"3", "x", "0x4", "-1x4", "3x4x", "3x 4", "70000x1", "4x", "x4", "3X4", "+3x4"}) {
        CHECK_THAT(message_of(core::ErrorKind::usage, [&] { grid_of(nullptr, 12, text, "f"); }),
                   Contains("is no grid of patches"));
        ++refused;
    }
    CHECK(refused == 11);
}

TEST_CASE("the distance of two maps is the mean over patches that are each other's nearest") {
    const Values a = {1, 0, 0, 1}, b = {1, 0, 0.6F, 0.8F};
    CHECK(mutual_distance(a, b, 2) == Approx(std::sqrt(0.36 + 0.04) / 2).epsilon(1e-5));
    CHECK(mutual_distance(b, a, 2) == Approx(std::sqrt(0.36 + 0.04) / 2).epsilon(1e-5));
    const Values two = {1, 0, 0.8F, 0.6F}, one = {1, 0};  // the second has a nearest, which prefers the first
    CHECK(mutual_distance(two, one, 2) == Approx(0).margin(1e-6));
    CHECK(mutual_distance(one, two, 2) == Approx(0).margin(1e-6));
    const Values same = {0, 1, 0, 1, 0, 1};  // ties: the first of each
    CHECK(mutual_distance(same, same, 2) == Approx(0).margin(1e-6));
}
