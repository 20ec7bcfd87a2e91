// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/law_fit.hpp>

#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <analysis/law/least_squares.hpp>
#include <analysis/law/population_r2.hpp>
#include <analysis/law/rank_correlation.hpp>
#include <analysis/law/resampling.hpp>
#include <lvr/core/error.hpp>

namespace lvr::analysis {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double k_no_shortcut =
    1e-4;  // of 1 - h: below 1e-8 removing the row may lower the rank; digits go earlier
constexpr double k_no_distance = 1e-8;  // of 1 - h: the fit passes through such a point whatever its score
constexpr double k_exact = 1e-24;       // residuals below this share of the sum of squares are rounding

std::optional<double> defined(double value) {
    return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

std::optional<double> root_mean_square(const VectorXd& errors) {
    return defined(std::sqrt(errors.squaredNorm() / static_cast<double>(errors.size())));
}

/// Predictions of the rows where `held_out` by the fit to the rest; NaN if there is no rest.
void predict_held_out(const MatrixXd& columns, const VectorXd& y, const std::vector<bool>& held_out,
                      double ridge, VectorXd& predicted) {
    std::vector<int> rest;
    for (int i = 0; i < static_cast<int>(held_out.size()); ++i) {
        if (!held_out[static_cast<std::size_t>(i)]) rest.push_back(i);
    }
    Coefficients law;
    law.intercept = k_nan;
    law.weights = VectorXd::Zero(columns.cols());
    if (!rest.empty()) {
        MatrixXd chosen(static_cast<Index>(rest.size()), columns.cols());
        for (std::size_t i = 0; i < rest.size(); ++i)
            chosen.row(static_cast<Index>(i)) = columns.row(rest[i]);
        law = CentredFit(chosen, rows_of(y, rest), ridge).coefficients();
    }
    for (Index i = 0; i < y.size(); ++i) {
        if (held_out[static_cast<std::size_t>(i)]) predicted[i] = law.predict(columns.row(i));
    }
}

VectorXd leave_one_family_out(const MatrixXd& columns, const Problem& problem, double ridge) {
    VectorXd predicted = VectorXd::Constant(problem.size(), k_nan);
    std::map<std::string, std::vector<bool>> families;
    for (std::size_t i = 0; i < problem.families.size(); ++i) {
        if (problem.families[i].empty()) return predicted;
        auto& members = families[problem.families[i]];
        members.resize(problem.families.size());
        members[i] = true;
    }
    if (families.size() < 2) return predicted;
    for (const auto& [family, members] : families)
        predict_held_out(columns, problem.y, members, ridge, predicted);
    return predicted;
}

/// Residual variance; exactly 0 where the residuals are nothing but rounding.
double variance_of(const VectorXd& residuals, const VectorXd& y, int freedom) {
    const double total = (y.array() - y.mean()).square().sum(), rest = residuals.squaredNorm();
    return rest > k_exact * total ? rest / freedom : 0;
}

void fill_terms(const CentredFit& fit, double residual_variance, int freedom, LawFit& law) {
    const auto keys = term_keys(law.form);
    const bool has_errors = freedom > 0 && !law.underdetermined;
    const VectorXd covariance = has_errors ? fit.covariance_diagonal() : VectorXd();
    for (std::size_t j = 0; j < keys.size(); ++j) {
        const auto k = static_cast<Index>(j);
        Term term{
            keys[j], k == 0 ? fit.coefficients().intercept : fit.coefficients().weights[k - 1], {}, {}, {}};
        if (has_errors) {
            term.standard_error = std::sqrt(residual_variance * covariance[k]);
            if (*term.standard_error > 0) {
                const boost::math::students_t student(freedom);
                term.p_value = 2 * cdf(complement(student, std::abs(term.value / *term.standard_error)));
            }
        }
        law.terms.push_back(term);
    }
}

void fill_in_sample(const VectorXd& y, int freedom, double level, LawFit& law) {
    const auto n = static_cast<double>(y.size());
    law.r2 = r_squared(y, law.fitted);
    law.mse = defined((y - law.fitted).squaredNorm() / n);
    if (!law.r2 || freedom <= 0) return;
    law.adjusted_r2 = 1 - (1 - *law.r2) * (n - 1) / freedom;
    if (law.rank == 0) return;
    const double f = *law.r2 / law.rank / ((1 - *law.r2) / freedom);
    const boost::math::fisher_f fisher(law.rank, freedom);
    if (!law.underdetermined) law.r2_interval = population_r2_interval(*law.r2, law.rank, freedom, level);
    law.f_p_value = *law.r2 < 1 ? cdf(complement(fisher, std::max(f, 0.0))) : 0;
}

void fill_influence(const VectorXd& residuals, double residual_variance, int parameters, LawFit& law) {
    const Index n = residuals.size();
    law.cooks = VectorXd::Constant(n, k_nan);
    for (Index i = 0; i < n; ++i) {
        const double h = law.leverage[i], rest = 1 - h;
        if (residual_variance > 0 && rest > k_no_distance) {
            law.cooks[i] = residuals[i] * residuals[i] * h / (parameters * residual_variance * rest * rest);
        }
        const auto size = static_cast<double>(n);
        if (h > 2 * parameters / size || law.cooks[i] > 4 / size)
            law.influential.push_back(static_cast<int>(i));
    }
}

void fill_out_of_sample(const MatrixXd& columns, const Problem& problem, double ridge, LawFit& law) {
    law.loo_predicted = leave_one_out(columns, problem.y, ridge);
    law.loo_r2 = r_squared(problem.y, law.loo_predicted);
    law.loo_rmse = root_mean_square(problem.y - law.loo_predicted);
    law.kendall_tau = defined(kendall_tau(law.loo_predicted, problem.y));
    law.weighted_tau = defined(weighted_tau(law.loo_predicted, problem.y));
    law.spearman_rho = defined(spearman_rho(law.loo_predicted, problem.y));
    const VectorXd by_family = leave_one_family_out(columns, problem, ridge);
    law.lofo_r2 = r_squared(problem.y, by_family);
    law.lofo_rmse = root_mean_square(problem.y - by_family);
}

}  // namespace

std::optional<double> r_squared(const VectorXd& y, const VectorXd& predicted) {
    if (y.size() == 0 || (y.array() == y[0]).all())
        return std::nullopt;  // not by the sum: it keeps roundings
    const double total = (y.array() - y.mean()).square().sum();
    return defined(1 - (y - predicted).squaredNorm() / total);
}

VectorXd leave_one_out(const MatrixXd& columns, const VectorXd& y, double ridge) {
    const CentredFit fit(columns, y, ridge);
    const VectorXd leverage = fit.leverages(), residuals = y - fit.fitted();
    VectorXd predicted(y.size());
    for (Index i = 0; i < y.size(); ++i) {
        const double rest = 1 - leverage[i];
        if (rest >= k_no_shortcut) {
            predicted[i] = y[i] - residuals[i] / rest;
        } else {
            std::vector<bool> held_out(static_cast<std::size_t>(y.size()));
            held_out[static_cast<std::size_t>(i)] = true;
            predict_held_out(columns, y, held_out, ridge, predicted);
        }
    }
    return predicted;
}

LawFit fit_law(const Problem& problem, const LawForm& form, const FitChoice& choice) {
    core::ensure(problem.size() >= 2, "a fit needs two rows");
    const MatrixXd columns = columns_of(form, problem.a, problem.c);
    const CentredFit fit(columns, problem.y, choice.ridge);
    LawFit law;
    law.form = form;
    law.rank = fit.rank();
    law.underdetermined = fit.underdetermined();
    law.fitted = fit.fitted();
    law.leverage = fit.leverages();
    const int parameters = law.rank + 1;
    const int freedom =
        choice.ridge > 0 ? 0 : problem.size() - parameters;  // those of a shrunken fit are not whole
    const VectorXd residuals = problem.y - law.fitted;
    const double residual_variance = freedom > 0 ? variance_of(residuals, problem.y, freedom) : k_nan;
    fill_in_sample(problem.y, freedom, choice.level, law);
    fill_terms(fit, residual_variance, freedom, law);
    fill_influence(residuals, residual_variance, parameters, law);
    fill_out_of_sample(columns, problem, choice.ridge, law);
    resample(problem, columns, fit, choice, law);
    return law;
}

double predict(const LawFit& fit, double a, double c) {
    const Eigen::MatrixXd columns = columns_of(fit.form, VectorXd::Constant(1, a), VectorXd::Constant(1, c));
    double value = fit.terms.front().value;
    for (Index j = 0; j < columns.cols(); ++j)
        value += columns(0, j) * fit.terms[static_cast<std::size_t>(j) + 1].value;
    return value;
}

}  // namespace lvr::analysis
