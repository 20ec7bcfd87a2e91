// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/data/image.hpp>
#include <lvr/data/resize.hpp>

namespace lvr::encoders {

/// Which pixels of a picture a model sees: resized, then cropped about the centre. The same geometry for
/// several models is worked out once.
struct ImageGeometry {
    enum class Resize { none, shortest_edge, exact };
    Resize resize = Resize::none;
    std::int64_t edge = 0;               ///< pixels, for shortest_edge; the long side is rounded down
    std::int64_t height = 0, width = 0;  ///< pixels, for exact
    std::int64_t crop_height = 0, crop_width = 0;  ///< 0: no crop; what is outside the picture is black
    data::Filter filter = data::Filter::bicubic;
    data::PassOrder order = data::PassOrder::pillow_13;

    friend bool operator==(const ImageGeometry&, const ImageGeometry&) = default;
};

/// What becomes of a byte: byte * rescale, minus mean, over std, each per colour.
struct Normalisation {
    bool rescale = true, normalise = true;
    double factor = 1.0 / 255;
    std::array<double, 3> mean = {0, 0, 0}, std = {1, 1, 1};
    bool plain = false;  ///< 2 (byte / 255 - 1/2) instead, rounded at each step: the paper's C-score path
};

struct ImageTransform {
    ImageGeometry geometry;
    Normalisation normalisation;
};

/// Size of what `apply` gives; both 0 if it depends on the picture.
struct PixelSize {
    std::int64_t height = 0, width = 0;
    friend bool operator==(const PixelSize&, const PixelSize&) = default;
};
PixelSize output_size(const ImageGeometry& geometry);

/// A Hugging Face preprocessor_config.json, read as the image processor that it names does
/// (transformers 5.17, Pillow backend): CLIPImageProcessor, SiglipImageProcessor, BitImageProcessor and their
/// older names.
/// @param family "clip", "siglip" or "dinov2": whose processor it is where the file does not say
/// @param where the file's name, for messages
/// @throws Error (input) for what is missing, of a wrong type, or of another processor
ImageTransform transform_from(const core::Json& preprocessor, const std::string& family,
                              const std::string& where);

/// The same view of a picture at another input size: crop `size` x `size`, the shortest edge in proportion.
ImageGeometry scaled_to(const ImageGeometry& geometry, std::int64_t size);

/// The pixels that the model sees, bit for bit as Pillow makes them.
data::Image apply(const ImageGeometry& geometry, const data::Image& image);

/// All that decides the pixels, for provenance.
core::Json to_json(const ImageTransform& transform);

/// Left and right exchanged.
data::Image mirrored(const data::Image& image);

/// What each grey level becomes in float32: [3][256]. Rescaled in double precision and rounded, then
/// normalised in float32, as transformers does.
std::vector<float> levels(const Normalisation& normalisation);

}  // namespace lvr::encoders
