// SPDX-License-Identifier: Apache-2.0
#include <spng.h>

#include <algorithm>
#include <memory>

#include <lvr/data/codecs.hpp>

namespace lvr::data {
namespace {

using Context = std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)>;

void check(int status, const std::string& name) {
    if (status == SPNG_OK) return;
    throw ImageError(ImageError::Reason::damaged, name,
                     std::string("is a damaged PNG: ") + spng_strerror(status));
}

/// 16-bit grey: libspng would scale it, Pillow clips it to 255.
void decode_grey16(spng_ctx* context, Image& image, const std::string& name) {
    std::vector<std::uint16_t> grey(image.rgb.size() / 3);
    check(spng_decode_image(context, grey.data(), grey.size() * 2, SPNG_FMT_PNG, 0), name);
    for (std::size_t pixel = 0; pixel < grey.size(); ++pixel) {
        const auto value = static_cast<std::uint8_t>(std::min<std::uint16_t>(grey[pixel], 255));
        std::fill_n(image.rgb.begin() + static_cast<std::ptrdiff_t>(pixel * 3), 3, value);
    }
}

}  // namespace

Image decode_png(Bytes bytes, const std::string& name) {
    const Context context(spng_ctx_new(0), &spng_ctx_free);
    core::ensure(context != nullptr, "libspng starts");
    check(spng_set_png_buffer(context.get(), bytes.data(), bytes.size()), name);
    spng_ihdr header{};
    check(spng_get_ihdr(context.get(), &header), name);
    Image image = blank_image(header.width, header.height, name);
    if (header.bit_depth == 16 && header.color_type == SPNG_COLOR_TYPE_GRAYSCALE) {
        decode_grey16(context.get(), image, name);
    } else {
        check(spng_decode_image(context.get(), image.rgb.data(), image.rgb.size(), SPNG_FMT_RGB8, 0), name);
    }
    return image;
}

}  // namespace lvr::data
