// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <cstdint>
#include <vector>

#include <lvr/core/rng.hpp>

namespace lvr::analysis {

/// Region-based sampling (paper, Algorithm 3): on level L = 1, 2, ... the unit square of (a, c) is cut into
/// 2^L x 2^L cells; a cell that holds no trained representation yet is drawn uniformly, then one of its
/// members uniformly; when every non-empty cell of the level has one, the next level begins. Cells nest, so
/// the set trained fixes the level.
class RegionSampler {
  public:
    /// @param a, c [N], on [0, 1]
    RegionSampler(const Eigen::VectorXd& a, const Eigen::VectorXd& c);

    /// Chance of each representation to be drawn next, given which are trained. [N], sums to 1 unless all
    /// are.
    std::vector<double> chances(const std::vector<bool>& trained) const;

  private:
    std::vector<std::vector<std::vector<int>>> levels_;  ///< level -> non-empty cells -> members
};

/// The same for plain draws: all that are left alike. [N]
std::vector<double> uniform_chances(const std::vector<bool>& trained);

/// One index by its chance. @return -1 if none has any
int draw(const std::vector<double>& chance, core::KeyedRng& rng);

}  // namespace lvr::analysis
