// SPDX-License-Identifier: Apache-2.0
// The quick loops give what the readable ones give, and a part of a resized picture is that part of the
// whole.
#include <catch2/catch.hpp>

#include <lvr/core/rng.hpp>
#include <lvr/data/resample.hpp>
#include <lvr/data/resize.hpp>

using namespace lvr::data;

namespace {

/// Noise with hard edges, where sums leave the range of a byte.
Image noise(int width, int height, std::uint64_t seed) {
    lvr::core::KeyedRng random(seed, {"picture"});
    Image image{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height))};
    for (auto& byte : image.rgb) {
        const auto value = random.below(4);
        byte = static_cast<std::uint8_t>(value == 0 ? 0 : value == 1 ? 255 : random.below(256));
    }
    return image;
}

struct Sizes {
    int from_width, from_height, to_width, to_height;
};

std::vector<Sizes> many_sizes() {
    std::vector<Sizes> all = {
        {1, 1, 5, 3}, {2, 7, 9, 2}, {173, 115, 38, 25}, {5, 400, 224, 3}, {64, 64, 65, 63}};
    lvr::core::KeyedRng random(1, {"sizes"});
    const auto side = [&](std::uint64_t most) { return 1 + static_cast<int>(random.below(most)); };
    for (int i = 0; i < 40; ++i) all.push_back({side(120), side(120), side(90), side(90)});
    return all;
}

const Filter k_filters[] = {Filter::box, Filter::bilinear, Filter::bicubic, Filter::lanczos};

}  // namespace

TEST_CASE("AVX2 gives the bits of the plain loops", "[resize]") {
    if (best_instructions() == Instructions::plain) return;  // nothing to compare on this processor
    int compared = 0;
    for (const auto& sizes : many_sizes()) {
        const auto image = noise(sizes.from_width, sizes.from_height, static_cast<std::uint64_t>(compared));
        const Pixels pixels{image.rgb.data(), image.width, image.height};
        for (const auto filter : k_filters) {
            const auto along = taps_of(image.width, sizes.to_width, 0, sizes.to_width, filter);
            const auto down = taps_of(image.height, sizes.to_height, 0, sizes.to_height, filter);
            std::vector<std::uint8_t> plain(3 * along.size() * static_cast<std::size_t>(image.height)),
                quick(plain);
            resample_rows(pixels, along, plain.data(), Instructions::plain);
            resample_rows(pixels, along, quick.data(), Instructions::avx2);
            INFO(image.width << " x " << image.height << " to " << sizes.to_width << " x "
                             << sizes.to_height);
            CHECK(plain == quick);
            plain.assign(3 * down.size() * static_cast<std::size_t>(image.width), 0);
            quick.assign(plain.size(), 1);
            resample_columns(pixels, down, plain.data(), Instructions::plain);
            resample_columns(pixels, down, quick.data(), Instructions::avx2);
            CHECK(plain == quick);
            ++compared;
        }
    }
    CHECK(compared == 180);
}

TEST_CASE("a part of a resized picture is that part of the whole", "[resize]") {
    int compared = 0;
    lvr::core::KeyedRng random(2, {"boxes"});
    for (const auto& sizes : many_sizes()) {
        const auto image = noise(sizes.from_width, sizes.from_height, static_cast<std::uint64_t>(compared));
        for (const auto order : {PassOrder::pillow_13, PassOrder::rows_first}) {
            const ResizeRule rule{k_filters[random.below(4)], order};
            const auto whole = resize(image, sizes.to_width, sizes.to_height, rule);
            const auto at = [&] { return static_cast<int>(random.below(60)) - 20; };
            const Box box{at(), at(), 1 + static_cast<int>(random.below(70)),
                          1 + static_cast<int>(random.below(70))};
            const auto part = resize_part(image, sizes.to_width, sizes.to_height, box, rule);
            const auto expected = crop(whole, box.left, box.top, box.width, box.height);
            INFO(box.left << ", " << box.top << ": " << box.width << " x " << box.height << " of "
                          << sizes.to_width << " x " << sizes.to_height);
            CHECK(part.width == box.width);
            CHECK(part.height == box.height);
            CHECK(part.rgb == expected.rgb);
            ++compared;
        }
    }
    CHECK(compared == 90);
}
