// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include <lvr/comm/tensor_comm.hpp>
#include <lvr/core/json.hpp>
#include <lvr/train/sharded_optimizer.hpp>

namespace lvr::train {

// The state of training between two updates is a folder FOLDER/checkpoint-00000123 (of that many updates):
//   state.json                        schema "lvr.training", version 1; updates; ranks; buckets: of each its
//                                     length and the names, offsets and elements of its parameters; state:
//                                     what the caller keeps (settings, place in the data, random numbers)
//   part-00000-of-00004.safetensors   rank 0's part of every bucket, float32: "0.master", "0.first_moment",
//                                     "0.second_moment", "1.master", ...
// It is written under another name and renamed: complete or absent. Any number of ranks may go on from it.

/// Collective.
/// @param keep so many of the newest are kept, older ones removed; 0: all
/// @return the folder @throws Error (output) on every rank, e.g. for a full disk: nothing is left then
std::filesystem::path write_checkpoint(const std::filesystem::path& folder, const ShardedOptimizer& optimizer,
                                       const comm::TensorComm& comm, const core::Json& state,
                                       std::int64_t keep);

/// The one of most updates, if there is one.
std::optional<std::filesystem::path> newest_checkpoint(const std::filesystem::path& folder);

/// What the caller kept in a checkpoint. @throws Error (input) naming the file if it is missing or damaged
core::Json checkpoint_state(const std::filesystem::path& checkpoint);

/// Collective: sets the optimizer and its parameters as they were.
/// @return what the caller kept @throws Error (input) naming the file: missing, damaged, or of other
/// parameters
core::Json read_checkpoint(const std::filesystem::path& checkpoint, ShardedOptimizer& optimizer,
                           const comm::TensorComm& comm);

/// All of a folder, also one that is half-written: training is over. What cannot be removed costs a warning.
void remove_checkpoints(const std::filesystem::path& folder);

}  // namespace lvr::train
