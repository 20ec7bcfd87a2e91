// SPDX-License-Identifier: Apache-2.0
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <string_view>

#include <lvr/data/codecs.hpp>

namespace lvr::data {
namespace {

/// How the messages begin that libjpeg gives without giving up. TurboJPEG calls a failure that follows a
/// warning a warning, too: only the message tells them apart.
constexpr std::array<std::string_view, 5> k_harmless = {
    "Corrupt JPEG data", "Inconsistent progression sequence", "Invalid SOS parameters",
    "Unknown Adobe color transform", "Warning: unknown JFIF revision"};

class Decompressor {
  public:
    explicit Decompressor(const std::string& name) : name_(name), handle_(tjInitDecompress()) {
        core::ensure(handle_ != nullptr, "TurboJPEG starts");
    }
    ~Decompressor() { tjDestroy(handle_); }
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;

    /// Pillow keeps what libjpeg makes of a scratched file, and refuses a truncated one, which TurboJPEG
    /// fills with grey.
    /// @return whether all was well, else there was a warning that leaves a picture
    bool check(int status) const {
        if (status == 0) return true;
        if (harmless()) return false;
        throw ImageError(ImageError::Reason::damaged, name_,
                         std::string("is a damaged JPEG: ") + tjGetErrorStr2(handle_));
    }

    /// Decodes all rows. @param pixels of a picture of that width, in that format
    void decode(Bytes bytes, std::vector<std::uint8_t>& pixels, int width, TJPF format) const {
        if (check(decompress(bytes, pixels, width, format))) return;
        // Only the first warning has a message, so that the file may be truncated as well. Whoever reads on
        // behind its end finds a second frame, which libjpeg refuses; whoever finds the end mark does not.
        std::vector<std::uint8_t> longer(bytes.begin(), bytes.end());
        longer.reserve(bytes.size() + 2 * k_longest_segment);
        for (std::size_t i = 0; i < k_longest_segment; ++i) longer.insert(longer.end(), {0xff, 0xc0});
        if (decompress(longer, pixels, width, format) != 0 && !harmless())
            throw ImageError(ImageError::Reason::damaged, name_, "is a damaged JPEG, and truncated");
    }
    operator tjhandle() const { return handle_; }

  private:
    static constexpr std::size_t k_longest_segment = 65'536;

    bool harmless() const {
        const std::string_view message = tjGetErrorStr2(handle_);
        return tjGetErrorCode(handle_) == TJERR_WARNING &&
               std::any_of(k_harmless.begin(), k_harmless.end(),
                           [&](auto start) { return message.starts_with(start); });
    }

    int decompress(Bytes bytes, std::vector<std::uint8_t>& pixels, int width, TJPF format) const {
        return tjDecompress2(handle_, bytes.data(), static_cast<unsigned long>(bytes.size()), pixels.data(),
                             width, 0, 0, format, 0);
    }

    const std::string& name_;
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
    const Decompressor decompressor(name);
    int width = 0, height = 0, sampling = 0, colorspace = 0;
    decompressor.check(tjDecompressHeader3(decompressor, bytes.data(),
                                           static_cast<unsigned long>(bytes.size()), &width, &height,
                                           &sampling, &colorspace));
    Image image = blank_image(width, height, name);
    if (colorspace == TJCS_CMYK || colorspace == TJCS_YCCK) {
        std::vector<std::uint8_t> cmyk(image.rgb.size() / 3 * 4);
        decompressor.decode(bytes, cmyk, width, TJPF_CMYK);
        cmyk_to_rgb(cmyk, image.rgb);
    } else {
        decompressor.decode(bytes, image.rgb, width, TJPF_RGB);
    }
    return image;
}

}  // namespace lvr::data
