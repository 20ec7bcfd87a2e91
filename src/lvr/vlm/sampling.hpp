// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lvr::vlm {

// In which order samples are trained on, with PyTorch's random numbers (CPU generator, Mersenne twister), so
// that the orders are the recipe's own. Sample numbers from 0.

/// Stage 1: torch.randperm(count) by a generator seeded with seed + epoch.
std::vector<std::int64_t> uniform_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch = 0);

/// How a stage-2 order is grouped.
struct Groups {
    std::int64_t batch = 16;  ///< samples per rank and micro-batch
    std::int64_t ranks = 8;   ///< ranks times accumulation steps
};

/// Stage 2: samples of similar length together, no step with images and text-only samples mixed but the last
/// ones. Permutes the samples with images, then those without; cuts each permutation into groups of batch *
/// ranks, orders each group by length and deals it evenly to the ranks; shuffles the groups. What is left
/// over of both kinds comes in front, if it fills a group, or last. The generator is seeded with seed + epoch
/// and gives one 64-bit number first, which PyTorch's loader takes for its workers.
/// @param modality_lengths words; negative: text only (data::LlavaIndex::modality_lengths)
/// @throws core::Error (input) if a length is 0, or a kind is missing: the published order is not defined
/// then; take
///         length_grouped_order, or leave the samples out
std::vector<std::int64_t> modality_grouped_order(std::span<const std::int64_t> modality_lengths,
                                                 const Groups& groups, std::uint64_t seed,
                                                 std::int64_t epoch = 0);

/// The same without telling kinds apart, for data of one kind: lengths count without their sign.
std::vector<std::int64_t> length_grouped_order(std::span<const std::int64_t> modality_lengths,
                                               const Groups& groups, std::uint64_t seed,
                                               std::int64_t epoch = 0);

/// How many micro-batches each rank gets of an order: the last round is filled up, so that all have as many.
std::int64_t batches_per_rank(std::int64_t count, std::int64_t batch, std::int64_t ranks);

/// Micro-batch number `step` of a rank: batch i of the order goes to rank i mod ranks. What is missing from
/// the last round is taken from the beginning of the order.
std::vector<std::int64_t> batch_of(std::span<const std::int64_t> order, const Groups& groups,
                                   std::int64_t rank, std::int64_t step);

}  // namespace lvr::vlm
