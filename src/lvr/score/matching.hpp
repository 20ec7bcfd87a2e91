// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <lvr/score/view.hpp>

namespace lvr::score {

/// How features that are stored in bfloat16 are computed with. The scripts of the paper do it in their type,
/// each step rounded to it; how much is a step depends on PyTorch's version.
enum class Arithmetic {
    float32,   ///< of float32 values, wherever they come from
    bfloat16,  ///< as PyTorch 2.11 does it on a CPU
    /// As PyTorch 1.13, which the authors name: a map's length per patch is summed channel by channel in
    /// bfloat16, and the temperature is a bfloat16 number.
    bfloat16_torch1,
};

/// How the place of the best match is found in a row of similarities (one source patch against all patches of
/// the target).
struct MatchRule {
    bool soft = true;
    /// Similarities more than so many patches away from the peak, in either direction, are set to 0 (not to
    /// minus infinity: where the peak is low, they count); 0: all are kept.
    std::int64_t window = 5;
    double temperature = 0.02;  ///< of the softmax over the whole row
    Arithmetic arithmetic = Arithmetic::float32;
};

/// The place of the best match: the first largest similarity, or the expected place under the softmax.
/// @param similarities [grid.rows * grid.columns], row by row; bfloat16 values in those arithmetics
/// @return patch numbers, fractions between them
PatchPlace best_place(std::span<const float> similarities, Grid grid, const MatchRule& rule);

}  // namespace lvr::score
