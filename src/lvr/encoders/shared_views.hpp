// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include <lvr/data/image.hpp>
#include <lvr/encoders/encoder.hpp>

namespace lvr::encoders {

/// The views of a picture that some encoders take, parts of a fused one too: a geometry that they share is
/// worked out once. Any number of threads may use it.
class SharedViews {
  public:
    explicit SharedViews(const std::vector<std::shared_ptr<const Encoder>>& encoders);

    /// @param id names the picture @return one for each distinct geometry
    /// @throws Error (input) if an encoder takes no pictures of this size
    std::vector<data::Image> of(const data::Image& picture, const std::string& id) const;

    /// Which of them is the i-th input of an encoder.
    std::size_t view_of(std::size_t encoder, std::size_t input) const { return view_of_[encoder][input]; }

  private:
    std::vector<ImageInput> distinct_;
    std::vector<std::vector<std::size_t>> view_of_;
};

/// The same view of several pictures as one tensor. On the CPU that of one picture is no copy: the picture
/// must outlive it. @return [B, H, W, 3] uint8 on the device
at::Tensor stacked(const std::vector<const data::Image*>& images, at::Device device);

}  // namespace lvr::encoders
