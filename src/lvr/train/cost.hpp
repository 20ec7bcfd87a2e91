// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/nn/llama_config.hpp>

namespace lvr::train {

/// What is computed with, in the measure of flops: an update, or all of a stage.
struct Work {
    std::int64_t tokens = 0;  ///< positions behind the splice, padding not counted
    std::int64_t pairs = 0;   ///< of positions that see each other: l (l + 1) / 2 for a sample of l positions
    std::int64_t labels = 0;  ///< learned: the head computes these rows only
    std::int64_t image_tokens = 0;  ///< that go through the projector

    void add_sample(std::int64_t positions, std::int64_t labels_of_it, std::int64_t image_tokens_of_it);
    Work& operator+=(const Work& more);
};

/// The floating-point operations that training needs, two for a multiplication with an addition:
///   forward    2 tokens (weights of the blocks' linear maps) + 4 pairs layers heads head_width (scores and
///   values)
///              + 2 labels V D (head) + 2 image_tokens (weights of the projector)
///   backward   once more for the gradient of a linear map's input, once more for that of its weights if they
///   are
///              trained; twice for attention, which has no weights
/// Recomputation under activation checkpointing, padding, norms, activations and the frozen encoder are not
/// counted: it is the numerator of the model flops utilisation (Chowdhery et al., "PaLM", 2022, appendix B).
/// @param trains_llm stage 2; else the projector alone is trained
double training_flops(const nn::LlamaConfig& llm, std::int64_t projector_weights, const Work& work,
                      bool trains_llm);

/// What a device could compute.
struct Peak {
    double flops_per_second = 0;
    std::string how;  ///< "989.4 TFLOP/s (NVIDIA H100 SXM, bfloat16, published)"
};

/// The published rate of matrix products without sparsity. @param device as kernels::device_name says
std::optional<double> published_peak(std::string_view device, at::ScalarType dtype);

/// The published one, or the best of some products measured here in that dtype (a second or two).
Peak peak_of(const at::Device& device, at::ScalarType dtype);

}  // namespace lvr::train
