// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <lvr/weights/checkpoint.hpp>
#include <lvr/weights/weight_store.hpp>

namespace lvr::weights {

/// What becomes of tensors of a checkpoint. In a pattern "{}" stands for a whole number, the same in the
/// sources and the target; several stand for several, in order. The source of a drop row may end in "*":
/// whatever follows.
struct NameRow {
    enum class Action { rename, concat, drop };
    std::vector<std::string> sources;  ///< one, or for concat the parts in their order
    std::string target;                ///< the canonical name; empty for drop
    Action action = Action::rename;
    std::int64_t axis = 0;                   ///< of concat
    std::vector<std::int64_t> lengths = {};  ///< of concat's parts on the axis; empty = whatever is in the
                                             ///< file, and equal on the way back
};

/// Several rows may have one target: spellings of the same thing, of which a checkpoint has one.
using NameMap = std::vector<NameRow>;

/// Canonical name -> the shape that is wanted.
using Shapes = std::map<std::string, std::vector<std::int64_t>>;

struct LoadOptions {
    at::ScalarType dtype = at::kFloat;
    std::optional<at::ScalarType> round_through;  ///< each weight is first rounded to it, e.g. bfloat16
    at::Device device = at::kCPU;
    std::int64_t layers = -1;  ///< what has a first "{}" of at least this many is dropped; -1 = nothing
    std::string prefix;        ///< source names start with it, and what does not is dropped
};

/// Fills every wanted weight. Each tensor of the checkpoint must be taken by exactly one row, whose target
/// must be wanted; shapes must agree, except that a source may have dimensions of size 1 more or less ([1, 1,
/// W] for [W]). Needs memory for the converted weights and one tensor more; nothing of the mapped files is
/// held afterwards.
/// @throws Error (input) that lists every mismatch, or names a weight that is not finite
WeightStore load_weights(const Checkpoint& checkpoint, const NameMap& map, const Shapes& wanted,
                         const LoadOptions& options);

/// The way back: names as the first row with each target has them, concatenated weights in parts (views).
/// @throws Error (internal) if a weight of the store is no row's target or does not split into its parts
std::map<std::string, at::Tensor> export_weights(const WeightStore& store, const NameMap& map);

}  // namespace lvr::weights
