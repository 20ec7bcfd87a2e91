// SPDX-License-Identifier: Apache-2.0
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include <lvr/data/codecs.hpp>

namespace lvr::data {
namespace {

[[noreturn]] void damaged(const std::string& name) {
    throw ImageError(ImageError::Reason::damaged, name, "is a damaged or truncated WebP");
}

void decode_first_frame(Bytes bytes, Image& image, const std::string& name) {
    const WebPData data{bytes.data(), bytes.size()};
    const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(
        WebPAnimDecoderNew(&data, nullptr), &WebPAnimDecoderDelete);
    std::uint8_t* rgba = nullptr;
    int end_ms = 0;
    if (!decoder || !WebPAnimDecoderGetNext(decoder.get(), &rgba, &end_ms)) damaged(name);
    for (std::size_t pixel = 0; pixel < image.rgb.size() / 3; ++pixel) {
        for (std::size_t channel = 0; channel < 3; ++channel)
            image.rgb[pixel * 3 + channel] = rgba[pixel * 4 + channel];
    }
}

}  // namespace

Image decode_webp(Bytes bytes, const std::string& name) {
    WebPBitstreamFeatures features;
    if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK) damaged(name);
    Image image = blank_image(features.width, features.height, name);
    if (features.has_animation) {
        decode_first_frame(bytes, image, name);
    } else if (!WebPDecodeRGBInto(bytes.data(), bytes.size(), image.rgb.data(), image.rgb.size(),
                                  features.width * 3)) {
        damaged(name);
    }
    return image;
}

}  // namespace lvr::data
