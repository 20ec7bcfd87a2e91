// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include <lvr/nn/layers.hpp>
#include <lvr/weights/checkpoint.hpp>

namespace lvr::nn {

/// LLaVA's projector from vision features into the LLM's space: linear maps with GELU in between
/// ("mlp2x_gelu" has two, "linear" one).
struct Projector {
    std::vector<Linear> layers;

    std::int64_t inputs() const { return layers.front().weight_OI.size(1); }
    std::int64_t channels() const { return layers.back().weight_OI.size(0); }
};

/// Reads one from `mm_projector.{0,2,...}.{weight,bias}` or `mm_projector.{weight,bias}`, with or without
/// what LLaVA puts in front ("model."), or bare `{0,2,...}.{weight,bias}`.
/// @param where the file, for messages @throws Error (input) if names or shapes make no such chain, or a
/// value is not finite
Projector read_projector(const weights::Checkpoint& checkpoint, const std::string& where,
                         at::ScalarType dtype, at::Device device);

/// @param features_BTD [B, T, inputs] @return [B, T, channels]
at::Tensor apply(const Projector& projector, const at::Tensor& features_BTD);

}  // namespace lvr::nn
