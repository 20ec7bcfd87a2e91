// SPDX-License-Identifier: Apache-2.0
#include <turbojpeg.h>

#include <memory>

#include <lvr/data/codecs.hpp>

namespace lvr::data {
namespace {

class Decompressor {
  public:
    Decompressor() : handle_(tjInitDecompress()) { core::ensure(handle_ != nullptr, "TurboJPEG starts"); }
    ~Decompressor() { tjDestroy(handle_); }
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;

    /// Also a warning is damage: Pillow refuses a truncated file, TurboJPEG fills it with grey.
    void check(int status, const std::string& name) const {
        if (status == 0) return;
        throw ImageError(ImageError::Reason::damaged, name,
                         std::string("is a damaged JPEG: ") + tjGetErrorStr2(handle_));
    }
    operator tjhandle() const { return handle_; }

  private:
    tjhandle handle_;
};

/// Adobe's CMYK, as Pillow turns it into RGB (inverted samples, which TurboJPEG hands out as they are
/// stored).
void cmyk_to_rgb(const std::vector<std::uint8_t>& cmyk, std::vector<std::uint8_t>& rgb) {
    for (std::size_t pixel = 0; pixel < cmyk.size() / 4; ++pixel) {
        const int keep = cmyk[pixel * 4 + 3];  // 255 - black
        for (std::size_t channel = 0; channel < 3; ++channel) {
            const int ink = 255 - cmyk[pixel * 4 + channel];
            const int product = ink * keep + 128;
            rgb[pixel * 3 + channel] = static_cast<std::uint8_t>(keep - (((product >> 8) + product) >> 8));
        }
    }
}

}  // namespace

Image decode_jpeg(Bytes bytes, const std::string& name) {
    const Decompressor decompressor;
    int width = 0, height = 0, sampling = 0, colorspace = 0;
    const auto size = static_cast<unsigned long>(bytes.size());
    decompressor.check(
        tjDecompressHeader3(decompressor, bytes.data(), size, &width, &height, &sampling, &colorspace), name);
    Image image = blank_image(width, height, name);
    if (colorspace == TJCS_CMYK || colorspace == TJCS_YCCK) {
        std::vector<std::uint8_t> cmyk(image.rgb.size() / 3 * 4);
        decompressor.check(
            tjDecompress2(decompressor, bytes.data(), size, cmyk.data(), width, 0, height, TJPF_CMYK, 0),
            name);
        cmyk_to_rgb(cmyk, image.rgb);
    } else {
        decompressor.check(
            tjDecompress2(decompressor, bytes.data(), size, image.rgb.data(), width, 0, height, TJPF_RGB, 0),
            name);
    }
    return image;
}

}  // namespace lvr::data
