// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
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
    bool trains_llm = true;               ///< stage 2; else the projector alone
    std::vector<std::int64_t> projector;  ///< widths: inputs, hidden ones, channels; empty: none
    BucketSpec layout;                    ///< parts = ranks of the model
    ZeroStage zero = ZeroStage::gradients;
    bool recomputes = false;         ///< activation checkpointing, per block
    std::int64_t micro_batch = 1;    ///< samples of one backward
    std::int64_t backwards = 1;      ///< of a rank per update
    std::int64_t positions = 0;      ///< of each sample behind the splice with padding, in the longest batch
    std::int64_t labels = 0;         ///< of one micro-batch that are learned
    std::int64_t images = 0;         ///< of one micro-batch
    std::int64_t image_tokens = 0;   ///< of one image
    std::int64_t waiting = 0;        ///< micro-batches whose images the pipeline holds ready
    bool keeps_freed = true;         ///< on the CPU, as glibc's malloc does
    std::int64_t process_bytes = 0;  ///< before a model is loaded: see resident_bytes
};

/// What memory is needed for.
enum class MemoryPart {
    process,      ///< program, libraries, MPI, threads; on a GPU the host's is not counted
    weights,      ///< trained and frozen, in the dtype of the computation
    optimizer,    ///< moments, and master weights where the computation is not in float32
    gradients,    ///< whole buckets under way, and this rank's parts
    activations,  ///< kept for the backward, with what a block needs in passing
    logits,       ///< of a chunk of labels, with their gradient and the head's
    data,         ///< images that wait
    transfer,     ///< copies that collectives make
    freed         ///< kept by the C library for later, where tensors are small (glibc: under 32 MiB)
};
inline constexpr std::size_t k_memory_parts = 9;

struct MemoryPlan {
    std::array<double, k_memory_parts> bytes = {};  ///< of each MemoryPart, in the moment that needs most

    double of(MemoryPart part) const { return bytes[static_cast<std::size_t>(part)]; }
    double total() const;
};

/// Bytes of one rank in the moment of an update that needs most, by going through a backward tensor by
/// tensor: what autograd keeps of each block, chunks of logits, buckets from their first gradient to their
/// sum. On the CPU attention keeps no scores either.
MemoryPlan plan_memory(const MemoryQuestion& question);

/// A line for each part that is not empty and one for all, for --dry-run.
std::string to_text(const MemoryPlan& plan);

/// What this process has in memory now, and the most it ever had (Linux; else 0).
std::int64_t resident_bytes();
std::int64_t most_resident_bytes();

}  // namespace lvr::train
