// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/core/error.hpp>

namespace lvr::data {

/// A picture as rows of RGB bytes, the top left pixel first: rgb has shape [height, width, 3].
struct Image {
    int width = 0;   ///< pixels
    int height = 0;  ///< pixels
    std::vector<std::uint8_t> rgb;
};

/// The largest picture that is decoded, in pixels: Pillow refuses larger ones as decompression bombs.
inline constexpr std::int64_t k_most_pixels = 178'956'970;

/// The content of one picture cannot be used; the others may be fine.
class ImageError : public core::Error {
  public:
    /// Why a picture is put into quarantine. `unreadable`: there, but a folder,
    /// forbidden, or in a damaged part of a parquet file.
    enum class Reason { empty, not_an_image, damaged, too_large, missing, unreadable };

    /// @param problem behind the picture's name, e.g. "is truncated"
    ImageError(Reason reason, const std::string& name, const std::string& problem);

    Reason reason() const { return reason_; }

  private:
    Reason reason_;
};

/// Decodes JPEG, PNG or WebP, told apart by content, to the bytes that Pillow's
/// `Image.open(...).convert("RGB")` gives: all modes, transparency dropped, 16-bit grey clipped to 255, the
/// first frame of an animation, EXIF rotation not applied. A JPEG that is scratched inside gives the picture
/// that Pillow gives; one whose end mark is missing is refused, also where Pillow would have had all rows.
/// @param bytes the whole file @param name of the picture, for messages
/// @throws ImageError if it is none of the three, damaged or truncated, or has more than k_most_pixels pixels
Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace lvr::data
