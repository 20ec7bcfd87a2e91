// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/image.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/data/codecs.hpp>

namespace lvr::data {
namespace {

bool starts_with(Bytes bytes, std::string_view magic, std::size_t offset = 0) {
    return bytes.size() >= offset + magic.size() &&
           std::equal(
               magic.begin(), magic.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset),
               [](char wanted, std::uint8_t found) { return static_cast<std::uint8_t>(wanted) == found; });
}

}  // namespace

ImageError::ImageError(Reason reason, const std::string& name, const std::string& problem)
    : Error(core::ErrorKind::input, fmt::format("{}: {}", name, problem), "it cannot be turned into features",
            "replace the file, or leave it out"),
      reason_(reason) {}

Image blank_image(std::int64_t width, std::int64_t height, const std::string& name) {
    if (width * height > k_most_pixels) {
        throw ImageError(ImageError::Reason::too_large, name,
                         fmt::format("has {} x {} pixels, more than the {} that are decoded", width, height,
                                     k_most_pixels));
    }
    Image image{static_cast<int>(width), static_cast<int>(height), {}};
    image.rgb.resize(static_cast<std::size_t>(width * height * 3));
    return image;
}

Image decode_image(Bytes bytes, const std::string& name) {
    if (bytes.empty()) throw ImageError(ImageError::Reason::empty, name, "is empty");
    if (starts_with(bytes, "\xff\xd8\xff")) return decode_jpeg(bytes, name);
    if (starts_with(bytes, "\x89PNG\r\n\x1a\n")) return decode_png(bytes, name);
    if (starts_with(bytes, "RIFF") && starts_with(bytes, "WEBP", 8)) return decode_webp(bytes, name);
    throw ImageError(ImageError::Reason::not_an_image, name, "is neither JPEG, PNG nor WebP");
}

}  // namespace lvr::data
