// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <lvr/data/image.hpp>
#include <lvr/encoders/encoder.hpp>
#include <lvr/encoders/shared_views.hpp>

namespace lvr::encoders {

/// What can be made of a picture before its batch comes to the device. Copies share what is inside. An empty
/// one stands where there is no picture.
struct PreparedImage {
    std::string image;                                      ///< its name, for messages
    std::shared_ptr<const std::vector<data::Image>> views;  ///< what the encoder is still to see, or nothing
    at::Tensor features_TC;                                 ///< or its features, on the CPU

    bool empty() const { return !views && !features_TC.defined(); }
};

/// Pictures to features, one by one as they come or in batches: on a CPU by whoever prepares the picture, on
/// one core; on a GPU batch by batch.
class PictureEncoder {
  public:
    /// @param device the encoder was built for
    PictureEncoder(std::shared_ptr<const Encoder> encoder, at::Device device);

    const Encoder& encoder() const { return *encoder_; }

    /// Goes as far with a picture as one core can. Any number of threads may call it.
    /// @param bytes of its file @param name for messages
    /// @throws data::ImageError if this picture cannot be used; core::Error (input) if its features are not
    /// finite
    PreparedImage prepare(std::span<const std::uint8_t> bytes, const std::string& name) const;

    /// The features of a batch, on the device; no gradients are recorded. A GPU encodes the pictures in one
    /// call, each once. To be called by one thread at a time.
    /// @return for each [T, C] of this type; undefined for an empty one
    /// @throws core::Error (input) naming the picture whose features are not finite
    std::vector<at::Tensor> features(std::span<const PreparedImage> images, at::ScalarType dtype) const;

  private:
    at::Tensor encoded(const std::vector<const PreparedImage*>& batch) const;

    std::shared_ptr<const Encoder> encoder_;
    SharedViews views_;
    at::Device device_;
};

}  // namespace lvr::encoders
