// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <analysis/law/law_form.hpp>
#include <analysis/law/table.hpp>

namespace lvr::analysis {

struct Interval {
    double low = 0;
    double high = 0;
};

/// One term of the law.
struct Term {
    std::string key;  ///< "1", "a", "c", "a2", "ac", "c2"
    double value = 0;
    std::optional<double> standard_error;  ///< classical; absent if underdetermined
    std::optional<double> p_value;         ///< two-sided t test against 0
    std::optional<Interval> interval;      ///< bootstrap over rows
};

/// The law in one form on one benchmark. All errors are in the units of `Problem::y`. What is undefined is
/// absent.
struct LawFit {
    LawForm form;
    int rank = 0;                  ///< of the centred columns
    bool underdetermined = false;  ///< rank below the number of terms: the minimum-norm answer
    std::vector<Term> terms;       ///< intercept first

    // In sample. Degrees of freedom: n - rank - 1; a ridge fit has no whole number of them, so what needs it
    // is absent.
    std::optional<double> r2, adjusted_r2, mse;
    std::optional<double> f_p_value;            ///< F test of all terms but the constant
    std::optional<double> permutation_p_value;  ///< share of permuted y with an R2 as large
    std::optional<Interval> r2_interval;        ///< of the population R2 (population_r2.hpp)
    /// Of R2 in sample over resamples of rows. Optimistic: a resample repeats rows, so it is fitted better
    /// than a sample is. Not to be read as what the population's R2 may be.
    std::optional<Interval> r2_bootstrap_interval;
    std::int64_t r2_bootstrap_draws = 0;  ///< the resamples that it is taken over
    std::int64_t bootstrap_draws = 0;     ///< those that the coefficients' intervals are taken over
    std::int64_t permutation_draws = 0;   ///< behind the p-value: fewer than asked for on a large table
    Eigen::VectorXd fitted;               ///< [n]
    Eigen::VectorXd leverage;             ///< [n] hat values
    Eigen::VectorXd cooks;                ///< [n] Cook's distances, NaN where undefined
    std::vector<int>
        influential;  ///< positions in the problem with hat value > 2 (rank + 1) / n or distance > 4 / n

    // Out of sample. A row left out of a fit still took part in the min-max scales. That tells a plain fit
    // nothing: its predictions do not change under affine maps of a, c and y. Those of a ridge or
    // minimum-norm fit do.
    Eigen::VectorXd loo_predicted;  ///< [n] each row predicted from the others
    std::optional<double> loo_r2, loo_rmse;
    std::optional<double> lofo_r2,
        lofo_rmse;  ///< each family predicted from the others; absent if a family is unknown
    std::optional<double> kendall_tau, weighted_tau, spearman_rho;  ///< leave-one-out predictions against y
};

/// How the law is fitted and judged.
struct FitChoice {
    double ridge = 0;
    std::int64_t seed = 0;
    std::int64_t bootstrap = 2000;
    std::int64_t permutations = 9999;
    double level = 0.95;  ///< of every interval
};

/// @param problem n >= 2 rows @throws Error (internal) below that
LawFit fit_law(const Problem& problem, const LawForm& form, const FitChoice& choice);

/// The law's surface: the prediction at (a, c) on the problem's own scale.
double predict(const LawFit& fit, double a, double c);

/// Each row predicted by the fit to the others: from the hat values, refitted where 1 - h is small (below
/// 1e-8 the shortcut is wrong, below 1e-4 it loses more than four digits).
Eigen::VectorXd leave_one_out(const Eigen::MatrixXd& columns, const Eigen::VectorXd& y, double ridge);

/// 1 - sum of squared errors / sum of squares about the mean of y; absent if y is constant or an error is not
/// finite.
std::optional<double> r_squared(const Eigen::VectorXd& y, const Eigen::VectorXd& predicted);

}  // namespace lvr::analysis
