// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <cstdint>
#include <string>
#include <vector>

#include <analysis/law/planners.hpp>
#include <analysis/law/table.hpp>

namespace lvr::analysis {

/// A complete table: what a study of planners trains on.
struct StudyTable {
    std::vector<std::string> benchmarks;  ///< [B]
    Candidates candidates;
    Eigen::MatrixXd scores;  ///< [B, N]
};

/// @throws Error (input) naming `source` if a score, A or C is missing or there are fewer than five
/// representations
StudyTable study_table(const Table& table, const std::string& source);

/// The stress test: three representations dropped and noise as of a retraining on every score; the perturbed
/// table is then the truth. @param sign 1, or -1 to negate the scores
StudyTable stressed(const StudyTable& table, double sign, std::int64_t seed, std::int64_t draw);

/// The table with its scores times `sign`.
StudyTable signed_table(StudyTable table, double sign);

}  // namespace lvr::analysis
