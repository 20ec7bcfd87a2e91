// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include <lvr/vlm/mllm.hpp>

namespace lvr::vlm {

struct GenerateOptions {
    std::int64_t most = 128;          ///< ids of the answer, at most
    std::vector<std::int64_t> stops;  ///< ids that end it, such as the tokenizer's eos
};

/// The likeliest next id, again and again, until one of `stops` (which is left out) or `most` of them. Each
/// step computes the whole sequence anew: there is no cache of keys and values yet.
/// @param prompt ids with k_image_id for images, as encode_with_images(write_question(...).text) gives them
/// @param features as forward takes them
/// @throws Error (input) as splice
std::vector<std::int64_t> generate(const Mllm& model, std::span<const std::int64_t> prompt,
                                   std::span<const at::Tensor> features, const GenerateOptions& options);

}  // namespace lvr::vlm
