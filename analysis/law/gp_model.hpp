// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <optional>
#include <vector>

#include <analysis/law/law_fit.hpp>

namespace lvr::analysis {

/// A score that a trained representation got (or is believed to get) on a benchmark.
struct Observation {
    int benchmark = 0;
    int representation = 0;
    double score = 0;
};

/// The prior means that the model averages over: family k has the mean signs[k] * m, m = (u + v) / 4, and the
/// prior weight prior[k]. Below `fewest` measured scores on a benchmark only the first family counts: they
/// cannot tell.
struct PriorFamilies {
    std::vector<double> signs = {1};
    std::vector<double> prior = {1};
    int fewest = 0;
};

inline const PriorFamilies k_more_is_better = {};  ///< the reference method
/// More is better, no trend, less is better. Chosen by tests/bench/planner_choice.cpp
/// (tests/bench/README.md).
inline const PriorFamilies k_averaged = {{1, 0, -1}, {0.6, 0.2, 0.2}, 3};

/// How two points of the (A, C) plane go together.
enum class Kernel { matern, linear_regression };

/// Where the candidates lie. u, v in [-1, 1]: min-max scaled A (per benchmark) and C.
struct PlanSpace {
    Eigen::MatrixXd u;  ///< [B, N]
    Eigen::VectorXd v;  ///< [N]

    int benchmarks() const { return static_cast<int>(u.rows()); }
    int size() const { return static_cast<int>(v.size()); }
};

/// Min-max scales A and C over all candidates; a constant column becomes 0. @param a [B, N] @param c [N]
PlanSpace plan_space(const Eigen::MatrixXd& a, const Eigen::VectorXd& c);

/// Gaussian process over the (A, C) plane with a flat constant, a scale per benchmark and an averaged prior
/// mean: y_b = beta_b + s_b (sign m + g + e), e ~ N(0, 0.1^2), g ~ GP(0, K), K = 0.3^2 Matern-5/2 of range
/// 0.6 on a, c in [0, 1]. Between benchmarks the covariance of g counts 0.8 times, that of one
/// representation's e 0.5 times. The scale is profiled (closed form), the constant integrated out, the
/// families weighed by their evidence.
class GpModel {
  public:
    GpModel(PlanSpace space, PriorFamilies families, Kernel kernel = Kernel::matern);

    /// Sets scales, weights and posterior from measured scores: at least one on every benchmark.
    void measure(const std::vector<Observation>& measured);

    /// As if nothing were known but the prior: one representation believed to score its prior mean, scale 1.
    void believe_prior(int representation);

    /// Adds a representation to the posterior at its own predicted mean, family by family; scales, weights
    /// and the best score stay as measured.
    void believe(int representation);

    /// The candidate that the prior alone would train first: the largest sum over benchmarks of m, the first
    /// of equals. @param excluded [N], or empty: none @return -1 if all are
    int first_pick(std::vector<bool> excluded = {}) const;

    Eigen::VectorXd mean(int benchmark) const;  ///< [N] predicted scores
    /// [N] expected improvement over the best score: in score units for one benchmark, else the sum of EI_b /
    /// s_b.
    Eigen::VectorXd expected_improvement() const;
    /// Central predictive interval of a representation's score at `level`.
    Interval interval(int benchmark, int representation, double level) const;
    /// Scales and intervals mean something: two different scores on every benchmark.
    bool has_scale() const;
    bool has_scale(int benchmark) const { return scaled_[static_cast<std::size_t>(benchmark)]; }
    double scale(int benchmark, int family = 0) const { return scales_(benchmark, family); }
    double weight(int benchmark, int family) const { return weights_(benchmark, family); }
    const PlanSpace& space() const { return space_; }

  private:
    double prior_mean(int benchmark, int representation) const;
    double covariance(const Observation& left, const Observation& right) const;  // of g
    static double noise(const Observation& left, const Observation& right);      // covariance of e
    void weigh(int benchmark, const std::vector<Observation>& measured);
    void update();

    PlanSpace space_;
    PriorFamilies families_;
    Kernel kernel_;
    std::vector<bool> scaled_;                    // [B]
    Eigen::MatrixXd scales_, weights_;            // [B, F]
    Eigen::VectorXd best_;                        // [B]
    std::vector<std::vector<Observation>> seen_;  // [F] measured, then believed by that family
    std::vector<Eigen::MatrixXd> mean_, spread_;  // [F] of [B, N]
};

/// The first largest value among those not excluded. @return -1 if all are
int first_largest(const Eigen::VectorXd& values, const std::vector<bool>& excluded);

}  // namespace lvr::analysis
