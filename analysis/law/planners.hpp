// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <optional>
#include <string>
#include <vector>

#include <analysis/law/gp_model.hpp>
#include <lvr/core/rng.hpp>

namespace lvr::analysis {

/// Ways to choose which representation to train next.
enum class Planner {
    average,    ///< Gaussian process, averaged over prior means by their evidence; expected improvement
    gp,         ///< the same with the one prior mean "more A and more C is better"
    bayesian,   ///< Bayesian linear regression on the quadratic, expected improvement
    region,     ///< the paper's region sampling; predicts by minimum-norm least squares
    uniform,    ///< uniform draws; predicts by ridge regression (0.1)
    d_optimal,  ///< the quadratic's D-optimal order; predicts by ridge regression (0.1)
    rank        ///< by normalised A + C, no model
};

const std::vector<Planner>& all_planners();
std::string name_of(Planner planner);
/// @throws Error (usage) for an unknown name
Planner planner_named(const std::string& name);

/// Candidates with A and C, on any scale. @shape a [B, N], c [N]
struct Candidates {
    Eigen::MatrixXd a;
    Eigen::VectorXd c;

    int benchmarks() const { return static_cast<int>(a.rows()); }
    int size() const { return static_cast<int>(c.size()); }
};

/// True for the planners that are a GpModel: they learn from scores and know several benchmarks at once.
bool is_gaussian(Planner planner);
GpModel gaussian_model(Planner planner, const Candidates& candidates);

/// The next representation by a planner that does not learn from scores, from the A of all benchmarks
/// averaged.
/// @return -1 if all are trained
int next_blind(Planner planner, const Candidates& candidates, const std::vector<int>& trained,
               core::KeyedRng& rng);

/// The three recommended after training some: by observed score if trained (practical), or by prediction
/// alone.
struct Recommendation {
    std::vector<int> practical, predicted;
};

/// Trains up to `budget` of the candidates one after the other and recommends three after each.
/// @param scores [B, N] what training would show @return [budget][B]
std::vector<std::vector<Recommendation>> run_planner(Planner planner, const Candidates& candidates,
                                                     const Eigen::MatrixXd& scores, int budget,
                                                     core::KeyedRng rng);

/// The same with a model of one's own: from its first pick on, what has the largest expected improvement is
/// trained.
std::vector<std::vector<Recommendation>> run_gaussian(GpModel model, const Eigen::MatrixXd& scores,
                                                      int budget);

}  // namespace lvr::analysis
