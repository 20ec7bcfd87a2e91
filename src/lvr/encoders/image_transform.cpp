// SPDX-License-Identifier: Apache-2.0
#include <lvr/encoders/image_transform.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <lvr/core/error.hpp>

namespace lvr::encoders {
namespace {

constexpr int k_levels = 256, k_colours = 3;

/// Size of the whole resized picture.
PixelSize resized_size(const ImageGeometry& geometry, const data::Image& image) {
    using Resize = ImageGeometry::Resize;
    if (geometry.resize == Resize::none) return {image.height, image.width};
    if (geometry.resize == Resize::exact) return {geometry.height, geometry.width};
    // As Python computes it: int(edge * long / short), the division in double precision.
    const auto longer = [&](int long_side, int short_side) {
        return static_cast<std::int64_t>(static_cast<double>(geometry.edge * long_side) / short_side);
    };
    if (image.width <= image.height) return {longer(image.height, image.width), geometry.edge};
    return {geometry.edge, longer(image.width, image.height)};
}

/// Where a side is cropped, from which pixel on; negative: that much black comes first. Python's // rounds
/// down, and where the picture is too small the black in front is rounded up.
std::int64_t crop_start(std::int64_t side, std::int64_t crop) {
    const std::int64_t spare = side - crop;
    return spare >= 0 ? spare / 2 : -((1 - spare) / 2);
}

}  // namespace

PixelSize output_size(const ImageGeometry& geometry) {
    if (geometry.crop_height > 0) return {geometry.crop_height, geometry.crop_width};
    if (geometry.resize == ImageGeometry::Resize::exact) return {geometry.height, geometry.width};
    return {};
}

ImageGeometry scaled_to(const ImageGeometry& geometry, std::int64_t size) {
    ImageGeometry scaled = geometry;
    const std::int64_t before = output_size(geometry).height;
    if (geometry.resize == ImageGeometry::Resize::shortest_edge && before > 0)
        scaled.edge = std::llround(static_cast<double>(geometry.edge * size) / static_cast<double>(before));
    if (geometry.resize == ImageGeometry::Resize::exact) scaled.height = scaled.width = size;
    if (geometry.crop_height > 0 || geometry.resize != ImageGeometry::Resize::exact)
        scaled.crop_height = scaled.crop_width = size;
    return scaled;
}

data::Image apply(const ImageGeometry& geometry, const data::Image& image) {
    const auto [height, width] = resized_size(geometry, image);
    if (width > data::k_most_pixels / std::max<std::int64_t>(height, 1)) {
        throw data::ImageError(data::ImageError::Reason::too_large, "the picture",
                               fmt::format("would be {} x {} pixels when resized", width, height));
    }
    const bool is_cropped = geometry.crop_height > 0;
    const auto wide = is_cropped ? geometry.crop_width : width,
               high = is_cropped ? geometry.crop_height : height;
    const data::Box box{static_cast<int>(crop_start(width, wide)), static_cast<int>(crop_start(height, high)),
                        static_cast<int>(wide), static_cast<int>(high)};
    return data::resize_part(image, static_cast<int>(width), static_cast<int>(height), box,
                             {geometry.filter, geometry.order});
}

core::Json to_json(const ImageTransform& transform) {
    using Resize = ImageGeometry::Resize;
    const auto& geometry = transform.geometry;
    const auto& normalisation = transform.normalisation;
    core::Json json;
    if (geometry.resize == Resize::shortest_edge) json["shortest_edge"] = geometry.edge;
    if (geometry.resize == Resize::exact) json["resize"] = {geometry.height, geometry.width};
    if (geometry.resize != Resize::none) {
        json["filter"] = data::name_of(geometry.filter);
        json["order"] = geometry.order == data::PassOrder::pillow_13 ? "pillow_13" : "rows_first";
    }
    if (geometry.crop_height > 0) json["crop"] = {geometry.crop_height, geometry.crop_width};
    if (normalisation.plain) {
        json["normalise"] = "plain";
        return json;
    }
    if (normalisation.rescale) json["rescale"] = normalisation.factor;
    if (!normalisation.normalise) return json;
    json["mean"] = normalisation.mean;
    json["std"] = normalisation.std;
    return json;
}

data::Image mirrored(const data::Image& image) {
    data::Image mirror = image;
    for (int y = 0; y < image.height; ++y) {
        const auto* in = image.rgb.data() + std::size_t{3} * y * image.width;
        auto* out = mirror.rgb.data() + std::size_t{3} * y * image.width;
        for (int x = 0; x < image.width; ++x)
            std::copy_n(in + std::size_t{3} * x, 3, out + std::size_t{3} * (image.width - 1 - x));
    }
    return mirror;
}

std::vector<float> levels(const Normalisation& normalisation) {
    std::vector<float> table;
    for (int c = 0; c < k_colours; ++c) {
        const auto mean = static_cast<float>(normalisation.mean[c]),
                   std = static_cast<float>(normalisation.std[c]);
        for (int byte = 0; byte < k_levels; ++byte) {
            const float plain = (static_cast<float>(byte) / 255.0F - 0.5F) * 2.0F;
            const float value = normalisation.rescale ? static_cast<float>(byte * normalisation.factor)
                                                      : static_cast<float>(byte);
            const float normal = normalisation.normalise ? (value - mean) / std : value;
            table.push_back(normalisation.plain ? plain : normal);
        }
    }
    return table;
}

}  // namespace lvr::encoders
