// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/data/image.hpp>

namespace lvr::data {

using Bytes = std::span<const std::uint8_t>;

// One function per codec library; each as `decode_image`, for files that start as its format does.
Image decode_jpeg(Bytes bytes, const std::string& name);
Image decode_png(Bytes bytes, const std::string& name);
Image decode_webp(Bytes bytes, const std::string& name);

/// An image of that size to be filled. @throws ImageError if it is too large
Image blank_image(std::int64_t width, std::int64_t height, const std::string& name);

}  // namespace lvr::data
