// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/encoders/image_transform.hpp>

namespace lvr::encoders {

/// One view of a picture that an encoder takes.
struct ImageInput {
    ImageGeometry geometry;
    PixelSize size;  ///< of the pixels; what comes out of the geometry must have it
};

/// A frozen vision encoder: pictures to dense tokens. Safe to be used by several threads at once.
class Encoder {
  public:
    virtual ~Encoder() = default;

    virtual std::int64_t tokens() const = 0;    ///< T
    virtual std::int64_t channels() const = 0;  ///< D
    virtual std::int64_t parameters() const = 0;

    /// The views of a picture that `encode` wants, one for each input.
    virtual const std::vector<ImageInput>& inputs() const = 0;

    /// @param pixels for each input [B, H, W, 3] uint8 on the device that the encoder was made for
    /// @return [B, T, D] in the compute dtype; no gradients are recorded. On a CPU each picture is computed
    /// alone, on one
    ///         core, so that neither the batch nor the number of threads changes a bit.
    virtual at::Tensor encode(const std::vector<at::Tensor>& pixels_BHW3) const = 0;

    /// What decides the features: models, weights (SHA-256), sizes, dtypes; for provenance and resuming.
    virtual core::Json identity() const = 0;
};

/// Several encoders as one: `channels` puts their features side by side ([B, T, sum of D], as the paper's
/// "+"), `interleave` their tokens in turn (a0 b0 a1 b1 ..., [B, n T, D]: mixture of features).
enum class Fusion { channels, interleave };

/// @throws Error (usage) if the parts' tokens (for interleave also their channels) differ
std::shared_ptr<const Encoder> fuse(std::vector<std::shared_ptr<const Encoder>> parts, Fusion fusion,
                                    const std::string& name);

}  // namespace lvr::encoders
