// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

#include <lvr/core/json.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/image.hpp>
#include <lvr/data/resize.hpp>

using namespace lvr;
using namespace lvr::data;

namespace {

const std::string k_golden = std::string(LVR_SOURCE_DIR) + "/tests/golden";

core::Json golden() { return core::Json::parse(core::read_text(k_golden + "/image_decode.json")); }

std::string digest(const Image& image) {
    return core::sha256({reinterpret_cast<const char*>(image.rgb.data()), image.rgb.size()});
}

Image decode_text(const std::string& bytes, const std::string& name) {
    return decode_image({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, name);
}

Image decode_golden(const std::string& name) {
    return decode_text(core::read_text(k_golden + "/images/" + name), name);
}

/// The bytes that tests/reference/image_decode.py makes.
Image pattern(int width, int height) {
    Image image{width, height, {}};
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(width) * height * 3; ++i) {
        const std::uint64_t mixed = (i * 2654435761U + 12345) & 0xFFFFFFFFU;
        image.rgb.push_back(static_cast<std::uint8_t>((mixed >> 24) ^ (mixed >> 7)));
    }
    return image;
}

}  // namespace

TEST_CASE("images decode to the bytes that Pillow gives, or are refused as Pillow refuses them", "[data]") {
    const auto files = golden()["files"];
    int good = 0, bad = 0;
    for (const auto& [name, expected] : files.items()) {
        INFO(name);
        if (expected.contains("error")) {
            CHECK_THROWS_AS(decode_golden(name), ImageError);
            ++bad;
            continue;
        }
        const Image image = decode_golden(name);
        CHECK(image.width == expected["width"].get<int>());
        CHECK(image.height == expected["height"].get<int>());
        CHECK(digest(image) == expected["sha256"].get<std::string>());
        ++good;
    }
    CHECK(good >= 30);
    CHECK(bad >= 7);
}

TEST_CASE("a bad image says which it is and why", "[data]") {
    const auto reason_of = [](const std::string& name) {
        try {
            decode_golden(name);
        } catch (const ImageError& error) {
            CHECK_THAT(error.what(), Catch::Contains(name));
            return error.reason();
        }
        FAIL(name << " was decoded");
        return ImageError::Reason::empty;
    };
    CHECK(reason_of("bad_empty.jpg") == ImageError::Reason::empty);
    CHECK(reason_of("bad_text.jpg") == ImageError::Reason::not_an_image);
    CHECK(reason_of("bad_truncated_jpeg_420.jpg") == ImageError::Reason::damaged);
    CHECK(reason_of("bad_truncated_scratched.jpg") == ImageError::Reason::damaged);
    CHECK(reason_of("bad_truncated_png_rgb.png") == ImageError::Reason::damaged);
    CHECK(reason_of("bad_truncated_webp_lossy.webp") == ImageError::Reason::damaged);
}

TEST_CASE("a decompression bomb is refused before memory is taken for it", "[data]") {
    std::string png = core::read_text(k_golden + "/images/png_rgb.png");
    const auto put = [&](std::size_t at, std::uint32_t value) {
        for (int i = 0; i < 4; ++i)
            png[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (24 - 8 * i));
    };
    put(16, 20000);  // width and height in IHDR; its checksum follows
    put(20, 20000);
    std::uint32_t crc = 0xFFFFFFFFU;  // CRC-32 of IHDR and its 13 bytes
    for (std::size_t i = 12; i < 29; ++i) {
        crc ^= static_cast<std::uint8_t>(png[i]);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
    }
    put(29, ~crc);
    try {
        decode_text(png, "bomb.png");
        FAIL("decoded");
    } catch (const ImageError& error) {
        CHECK(error.reason() == ImageError::Reason::too_large);
    }
}

TEST_CASE("images are resized to the bytes that Pillow gives", "[data]") {
    int compared = 0, differing = 0;
    const auto rows = golden()["resize"];
    for (const auto& row : rows) {
        INFO(row.dump());
        const Image source = pattern(row["from"][0], row["from"][1]);
        const Filter filter = filter_named(row["filter"]);
        const std::string digest_13 = digest(resize(source, row["to"][0], row["to"][1], {filter}));
        const std::string digest_rows =
            digest(resize(source, row["to"][0], row["to"][1], {filter, PassOrder::rows_first}));
        CHECK(digest_13 == row["sha256"].get<std::string>());
        CHECK(digest_rows == row["rows_first"].get<std::string>());
        differing += digest_13 != digest_rows;
        ++compared;
    }
    CHECK(compared == 52);
    CHECK(differing >= 6);
}

TEST_CASE("a crop may reach beyond the image, where it is black", "[data]") {
    const Image image = pattern(4, 3);
    const Image inside = crop(image, 1, 1, 2, 2);
    CHECK(inside.rgb[0] == image.rgb[(1 * 4 + 1) * 3]);
    CHECK(inside.rgb[11] == image.rgb[(2 * 4 + 2) * 3 + 2]);
    const Image beyond = crop(image, -1, -1, 6, 5);
    CHECK(beyond.rgb[0] == 0);
    CHECK(beyond.rgb[(1 * 6 + 1) * 3] == image.rgb[0]);
    CHECK(beyond.rgb[(4 * 6 + 5) * 3] == 0);
    CHECK(digest(crop(image, 0, 0, 4, 3)) == digest(image));
    CHECK(crop(image, 100, 0, 2, 2).rgb == std::vector<std::uint8_t>(12, 0));
}

TEST_CASE("a filter goes by its name or by Pillow's number", "[data]") {
    CHECK(filter_named("3") == Filter::bicubic);
    CHECK(filter_named("lanczos") == Filter::lanczos);
    CHECK_THROWS_WITH(filter_named("cubic"), Catch::Contains("cubic") && Catch::Contains("bicubic"));
}
