// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <lvr/score/view.hpp>

namespace lvr::score {

/// How the place of the best match is found in a row of similarities (one source patch against all patches of
/// the target).
struct MatchRule {
    bool soft = true;
    /// Similarities more than so many patches away from the peak, in either direction, are set to 0 (not to
    /// minus infinity: where the peak is low, they count); 0: all are kept.
    std::int64_t window = 5;
    double temperature = 0.02;  ///< of the softmax over the whole row
    /// All steps but the expected place rounded to bfloat16, as PyTorch does for features of that type.
    bool bfloat16 = false;
};

/// The place of the best match: the first largest similarity, or the expected place under the softmax.
/// @param similarities [grid.rows * grid.columns], row by row; bfloat16 values where the rule says so
/// @return patch numbers, fractions between them
PatchPlace best_place(std::span<const float> similarities, Grid grid, const MatchRule& rule);

/// To bfloat16 and back, to nearest, ties to even.
float through_bfloat16(float value);

}  // namespace lvr::score
