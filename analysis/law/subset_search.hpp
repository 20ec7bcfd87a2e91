// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <analysis/law/table.hpp>
#include <lvr/par/comm.hpp>

namespace lvr::analysis {

/// Sets of representations as bit masks need N below this.
inline constexpr int k_largest_enumeration = 20;

/// The rows of a mask, ascending.
void rows_of_mask(std::uint32_t mask, std::vector<int>& rows);

/// Place of the best representation among all predictions after training each subset: for every mask of the N
/// rows, how many representations are predicted above it (0 = it is predicted best; equal predictions: the
/// later row counts as larger, as a stable ascending sort puts it). Masks of fewer than two rows hold 255.
/// The AC quadratic is fitted on the subset with minimum norm; a, c and y keep the full table's scale.
/// @return [2^N], the same on every rank
std::vector<std::uint8_t> places_of_best(const Problem& problem, const par::Comm& comm);

/// What one subset that finds the best among the rest looks like.
struct SubsetHit {
    std::uint32_t mask = 0;
    double test_mse = 0;   ///< over the rest, normalised scores
    double train_mse = 0;  ///< over the subset

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& mask& test_mse& train_mse;
    }
};

struct SubsetSearch {
    std::int64_t fits = 0;        ///< all subsets of size 2 .. N - 1
    std::vector<SubsetHit> hits;  ///< by size, then lexicographic
};

/// The paper's prediction.py: for every subset of size 2 .. N - 1 fit the AC quadratic, predict the rest, and
/// count a hit where the best of all is the largest prediction (the first of equals) among the rest.
SubsetSearch exhaustive_search(const Problem& problem, const par::Comm& comm);

/// How many are predicted above the best one; of equal predictions the later row counts as larger.
int place_of_best(const Eigen::VectorXd& predicted, int best);

/// Row with the largest score, the first of equals.
int best_row(const Problem& problem);

}  // namespace lvr::analysis
