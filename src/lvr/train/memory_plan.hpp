// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/nn/llama_config.hpp>
#include <lvr/train/parameter_buckets.hpp>
#include <lvr/train/sharded_optimizer.hpp>

namespace lvr::train {

/// What decides how much memory a rank needs.
struct MemoryQuestion {
    nn::LlamaConfig llm;
    bool trains_llm = true;               ///< stage 2
    std::vector<std::int64_t> projector;  ///< widths: inputs, hidden ones, channels
    BucketSpec layout;                    ///< parts = ranks of the model
    ZeroStage zero = ZeroStage::gradients;
    std::int64_t micro_batch = 1;   ///< samples of one backward
    std::int64_t backwards = 1;     ///< of a rank per update
    std::int64_t positions = 0;     ///< of each sample behind the splice, padding counted: the longest batch
    std::int64_t labels = 0;        ///< of one micro-batch that are learned
    std::int64_t image_tokens = 0;  ///< per image
    std::int64_t waiting_batches = 0;  ///< micro-batches that the pipeline holds ready
    bool recomputes = false;           ///< activation checkpointing, per block
};

/// Bytes of one rank, where it needs most: in the last backward of an update or in the update behind it.
struct MemoryPlan {
    double weights = 0;      ///< trained and frozen, in the dtype of the computation
    double optimizer = 0;    ///< master weights and two moments, float32
    double gradients = 0;    ///< at their most
    double activations = 0;  ///< kept for the backward, with what one block needs on top
    double logits = 0;       ///< of a chunk, with their gradient
    double data = 0;         ///< features and ids that wait
    double transfer = 0;     ///< buffers of collectives
    double process = 0;      ///< program, libraries, MPI, or a GPU's context

    double total() const;
};

MemoryPlan plan_memory(const MemoryQuestion& question);

/// A line for each part, for --dry-run. @param capacity bytes of the device, 0: not said
std::string to_text(const MemoryPlan& plan, double capacity = 0);

}  // namespace lvr::train
