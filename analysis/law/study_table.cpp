// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/study_table.hpp>

#include <algorithm>
#include <numeric>

#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>

namespace lvr::analysis {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int k_dropped = 3;
// Retraining one representation moves a score in percent by a standard deviation between these; a score on
// another scale (MME's points) by this share of its range: 12 of MME's 660 points.
constexpr double k_least_noise = 0.3, k_most_noise = 1.1, k_relative_noise = 0.018;
constexpr double k_percent = 100;

Candidates columns(const Candidates& all, const std::vector<int>& keep) {
    Candidates some{MatrixXd(all.a.rows(), static_cast<Index>(keep.size())), rows_of(all.c, keep)};
    for (std::size_t i = 0; i < keep.size(); ++i) some.a.col(static_cast<Index>(i)) = all.a.col(keep[i]);
    return some;
}

}  // namespace

StudyTable study_table(const Table& table, const std::string& source) {
    StudyTable study;
    const auto count = static_cast<Index>(table.benchmarks.size());
    study.candidates = {MatrixXd(count, table.rows()), table.c};
    study.scores.resize(count, table.rows());
    for (Index b = 0; b < count; ++b) {
        const auto& benchmark = table.benchmarks[static_cast<std::size_t>(b)];
        study.benchmarks.push_back(benchmark.name);
        study.candidates.a.row(b) = benchmark.a;
        study.scores.row(b) = benchmark.score;
    }
    const bool complete = study.candidates.a.allFinite() && study.scores.allFinite() && table.c.allFinite();
    if (!complete || table.rows() <= k_dropped + 1) {
        throw core::input_error(
            source + ": --plan-study needs a complete table of at least five representations",
            "it replays the planners against the scores", "leave out what is not measured");
    }
    return study;
}

StudyTable stressed(const StudyTable& table, double sign, std::int64_t seed, std::int64_t draw) {
    core::KeyedRng rng(static_cast<std::uint64_t>(seed), {"stress"}, static_cast<std::uint64_t>(draw));
    std::vector<int> keep(static_cast<std::size_t>(table.candidates.size()));
    std::iota(keep.begin(), keep.end(), 0);
    rng.shuffle(keep);
    keep.resize(keep.size() - k_dropped);
    std::sort(keep.begin(), keep.end());
    StudyTable some{table.benchmarks, columns(table.candidates, keep), {}};
    some.scores.resize(table.scores.rows(), static_cast<Index>(keep.size()));
    for (Index b = 0; b < table.scores.rows(); ++b) {
        const VectorXd scores = table.scores.row(b);
        const bool percent = scores.minCoeff() >= 0 && scores.maxCoeff() <= k_percent;
        const double share = k_least_noise + (k_most_noise - k_least_noise) * rng.uniform();
        const double noise = percent ? share : k_relative_noise * (scores.maxCoeff() - scores.minCoeff());
        for (std::size_t i = 0; i < keep.size(); ++i) {
            some.scores(b, static_cast<Index>(i)) = sign * scores[keep[i]] + noise * rng.normal();
        }
    }
    return some;
}

StudyTable signed_table(StudyTable table, double sign) {
    table.scores *= sign;
    return table;
}

}  // namespace lvr::analysis
