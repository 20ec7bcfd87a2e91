// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include <lvr/vlm/mllm.hpp>
#include <lvr/weights/checkpoint.hpp>

namespace lvr::test {

/// tests/golden/llava/<name>: a tiny LLaVA and what transformers makes of it.
struct TinyLlava {
    explicit TinyLlava(const std::string& name);

    at::Tensor expected(const std::string& what) const { return checkpoint.read(what); }
    /// The samples of a batch: [B, L] ids and labels, [B] lengths. @param what "" or "steps."
    std::vector<vlm::Tokens> samples(const std::string& what, std::int64_t step = -1) const;
    /// The features of their images, an undefined one for a sample without.
    std::vector<at::Tensor> features(const std::string& what, std::int64_t step = -1) const;

    std::string folder;
    weights::Checkpoint checkpoint;
    nn::LlamaConfig config;
    weights::WeightStore store;  ///< float32
    at::Tensor features_ITC;     ///< of the four pictures

  private:
    at::Tensor of(const std::string& what, const std::string& key, std::int64_t step) const;
};

}  // namespace lvr::test
