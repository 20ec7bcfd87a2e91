// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <string>
#include <vector>

#include <analysis/law/normalise.hpp>
#include <lvr/core/config.hpp>
#include <lvr/files/results.hpp>

namespace lvr::analysis {

/// One benchmark's column of the table.
struct BenchmarkColumn {
    std::string name;
    std::string unit;
    std::string alignment;  ///< the A column that serves it, "" = none does
    Eigen::VectorXd a;      ///< [R] alignment score, NaN = not measured
    Eigen::VectorXd score;  ///< [R] mean over the seeds measured, NaN = not measured
    double seed_spread =
        0;  ///< pooled standard deviation between seeds of one representation; NaN without repeats
};

/// What the law is fitted to: one row per representation.
struct Table {
    std::vector<std::string> representations;  ///< [R]
    std::vector<std::string> families;         ///< [R], "" = unknown
    Eigen::VectorXd c;                         ///< [R] correspondence, percent; NaN = not measured
    std::vector<BenchmarkColumn> benchmarks;
    std::vector<bool> trained =
        {};  ///< [R] has a score in the input, on a benchmark asked for or not; may be empty
    std::vector<std::string> warnings;  ///< what was left out, in plain words

    int rows() const { return static_cast<int>(representations.size()); }
};

struct TableChoice {
    std::string alignment;                ///< name of the A column for benchmarks that have none of their own
    std::vector<std::string> benchmarks;  ///< only these; empty: all
    core::StringMap families;             ///< representation -> family, over what the input says
};

/// A benchmark's own A column serves it, then the one that `choice` names, then the only A column of the
/// input if it matches no benchmark. Where A columns of other benchmarks stand beside one that matches none,
/// that one is not used (another definition of A, perhaps): a benchmark without an own one then has no A,
/// with a warning.
/// @throws Error (input/usage) naming `source` if a benchmark asked for is missing, if several A columns
/// could
///         serve a benchmark or none of those asked for has one, or if a representation named in `families`
///         does not exist.
Table make_table(const files::Results& results, const TableChoice& choice, const std::string& source);

/// A benchmark as the fits see it: rows with A, C and a score, on [0, 1] unless `normalise` is false.
/// The scales of a and c come from all rows that have them, that of y from the measured rows.
struct Problem {
    std::string benchmark;
    std::vector<int> rows;              ///< [n] rows of the table
    std::vector<std::string> families;  ///< [n]
    Scale a_scale, c_scale, y_scale;
    Eigen::VectorXd a, c, y;  ///< [n]

    int size() const { return static_cast<int>(rows.size()); }
};

Problem make_problem(const Table& table, const BenchmarkColumn& benchmark, bool normalise = true);

}  // namespace lvr::analysis
