// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace lvr::nn {

// Shapes: B samples, L positions, N heads of H channels.

/// Llama 3.1's stretching of slow rotations for longer contexts.
struct Llama3Scaling {
    double factor = 8, low_frequency_factor = 1, high_frequency_factor = 4;
    std::int64_t original_positions = 8192;
};

/// Rotary positions (Su et al. 2021, RoFormer) with halves: channel i turns with channel i + H / 2 by the
/// angle position * theta^(-2 i / H).
struct Rotary {
    double theta = 10000;
    std::optional<Llama3Scaling> llama3 = std::nullopt;
    /// Frequencies rounded to bfloat16, as in the published training, where DeepSpeed converted them with the
    /// weights; far from the start angles are off by up to a radian.
    bool bfloat16_frequencies = false;
};

/// @return [H / 2], float32
at::Tensor frequencies(const Rotary& rotary, std::int64_t head_width);

/// Each in the dtype it is to be used in, from float32: [B or 1, L, 1, H / 2].
struct Rotation {
    at::Tensor cosine, sine;
};

/// @param frequencies [H / 2] @param positions_BL whole numbers, B may be 1; the result lies on their device
Rotation rotation_at(const at::Tensor& frequencies, const at::Tensor& positions_BL, at::ScalarType dtype);

/// @return the same shape
at::Tensor rotate(const at::Tensor& x_BLNH, const Rotation& rotation);

}  // namespace lvr::nn
