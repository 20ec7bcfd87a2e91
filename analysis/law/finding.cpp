// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include <analysis/law/law.hpp>

namespace lvr::analysis {
namespace {

/// With as many rows as parameters the quadratic passes through every point, whatever the data.
constexpr int k_quadratic_parameters = 6;
constexpr double k_not_random = 0.05;

bool is_constant(const Eigen::VectorXd& values) { return (values.array() == values[0]).all(); }

/// Why six coefficients cannot be told apart.
std::string too_little_variety(const Problem& problem) {
    const bool a = is_constant(problem.a), c = is_constant(problem.c);
    if (a && c)
        return "A and C are the same for all measured representations: the data say nothing about the law.";
    if (a || c) {
        return fmt::format(
            "{0} is the same for all measured representations: the data cannot say whether {0} matters.",
            a ? "A" : "C");
    }
    return fmt::format(
        "A and C do not vary enough over the {} representations to tell six coefficients apart.",
        problem.size());
}

/// What C adds to A in leave-one-out predictions.
std::string support_of_c(const BenchmarkLaw& law, double level) {
    const double a_only = *law.fit(k_a_quadratic)->loo_r2, ac = *law.fit(k_ac_quadratic)->loo_r2;
    std::string figures =
        fmt::format("leave-one-out R² {:.2f} with A alone, {:.2f} with A and C; difference {:+.2f}", a_only,
                    ac, ac - a_only);
    if (std::max(a_only, ac) <= 0)
        return "Neither A nor A and C predict a new representation better than the mean score does (" +
               figures + ").";
    if (!law.c_adds.interval)
        return "What C adds to A out of sample was not tested (" + figures + ", without an interval).";
    const Interval interval = *law.c_adds.interval;
    figures +=
        fmt::format(", {:.4g} % interval {:+.2f} to {:+.2f}", 100 * level, interval.low, interval.high);
    if (interval.low > 0) return "The data support C beside A out of sample (" + figures + ").";
    if (interval.high < 0) return "C beside A makes predictions worse out of sample (" + figures + ").";
    if (ac > a_only) return "C may help A out of sample, but the data do not settle it (" + figures + ").";
    return "The data do not support C beside A out of sample (" + figures + ").";
}

}  // namespace

std::string finding_of(const BenchmarkLaw& law, double level) {
    const int n = law.problem.size();
    if (n < 2)
        return fmt::format("{} measured: nothing can be fitted.",
                           n == 0 ? "No representation" : "One representation");
    const LawFit& ac = *law.fit(k_ac_quadratic);
    if (!ac.r2) return "All measured scores are equal: there is nothing to explain.";
    if (n <= k_quadratic_parameters) {
        return fmt::format(
            "{} measured representations cannot test a law with six coefficients: its R² says nothing.", n);
    }
    if (ac.underdetermined) return too_little_variety(law.problem);
    std::string finding;
    if (ac.f_p_value && *ac.f_p_value > k_not_random) {
        finding = fmt::format(
            "The quadratic in A and C is not distinguishable from random columns (F test p = {:.2g}). ",
            *ac.f_p_value);
    }
    return finding + support_of_c(law, level);
}

}  // namespace lvr::analysis
