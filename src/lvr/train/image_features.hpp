// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/encoders/encoder.hpp>
#include <lvr/encoders/picture_encoder.hpp>

namespace lvr::train {

using encoders::PreparedImage;

/// Where the features of pictures come from: [T, C] each.
class ImageFeatures {
  public:
    virtual ~ImageFeatures() = default;

    virtual std::int64_t tokens() const = 0;    ///< T
    virtual std::int64_t channels() const = 0;  ///< C

    /// Reads a picture, and goes as far with it as one core can. Any number of threads may call it.
    /// @param image as a list of samples names it
    /// @throws data::ImageError if this picture cannot be used; core::Error for what would hit others too:
    /// the folder is gone or the wrong one, a disk fails, features are not finite
    virtual PreparedImage prepare(const std::string& image) const = 0;

    /// The features of a batch, on the device; no gradients are recorded. A GPU encodes the pictures in one
    /// call, each once. To be called by one thread at a time.
    /// @return for each [T, C] of this type; undefined for an empty one
    /// @throws core::Error (input) naming the picture whose features are not finite
    virtual std::vector<at::Tensor> features(std::span<const PreparedImage> images,
                                             at::ScalarType dtype) const = 0;

    /// What decides the features: {"encoder": its identity, "store": the type they were rounded to}. Features
    /// that are computed and those read from float32 files are the same, and so is their identity.
    virtual core::Json identity() const = 0;
};

/// Features are computed when they are wanted: on a CPU by whoever prepares the picture, on one core; on a
/// GPU batch by batch.
/// @param device the encoder was built for
/// @throws core::Error (input) if there is no such folder
std::unique_ptr<const ImageFeatures> make_online_features(std::shared_ptr<const encoders::Encoder> encoder,
                                                          const std::filesystem::path& image_folder,
                                                          at::Device device);

/// Features as lvr-extract wrote them for the same list, or for its image folder. A picture that is in
/// quarantine there is an ImageError of the same reason.
/// @param folder of one representation, complete
/// @throws core::Error (input) naming it if it is none, lacks parts, or holds projected features
std::unique_ptr<const ImageFeatures> make_cached_features(const std::filesystem::path& folder,
                                                          at::Device device);

}  // namespace lvr::train
