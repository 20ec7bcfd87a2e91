// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <analysis/law/law.hpp>

namespace lvr::analysis {
namespace {

/// With as many rows as parameters the quadratic passes through every point, whatever the data.
constexpr int k_quadratic_parameters = 6;

std::string support_of_c(const BenchmarkLaw& law, double level) {
    const LawFit &a_only = *law.fit(k_a_quadratic), &ac = *law.fit(k_ac_quadratic);
    const Interval interval = *law.c_adds.interval;
    const std::string figures = fmt::format(
        "leave-one-out R2 {:.2f} with A alone, {:.2f} with A and C; difference {:+.2f}, {:.0f} % interval {:+.2f} to "
        "{:+.2f}",
        *a_only.loo_r2, *ac.loo_r2, *law.c_adds.gain, 100 * level, interval.low, interval.high);
    if (interval.low > 0) return "The data support C beside A out of sample (" + figures + ").";
    if (interval.high < 0) return "C beside A makes predictions worse out of sample (" + figures + ").";
    const char* tendency = *law.c_adds.gain > 0 ? "C may help A out of sample, but the data do not settle it ("
                                                : "The data do not support C beside A out of sample (";
    return tendency + figures + ").";
}

}  // namespace

std::string finding_of(const BenchmarkLaw& law, double level) {
    const int n = law.problem.size();
    if (n < 2) return fmt::format("{} measured: nothing can be fitted.", n == 0 ? "No representation" : "One representation");
    const LawFit& ac = *law.fit(k_ac_quadratic);
    if (!ac.r2) return "All measured scores are equal: there is nothing to explain.";
    if (n <= k_quadratic_parameters) {
        return fmt::format("{} measured representations cannot test a law with six coefficients: its R2 says nothing.", n);
    }
    if (ac.underdetermined) {
        return fmt::format("A and C do not vary enough over the {} representations to tell six coefficients apart.", n);
    }
    std::string finding;
    if (ac.f_p_value && *ac.f_p_value > 0.05) {
        finding = fmt::format("The quadratic in A and C is not distinguishable from random columns (F test p = {:.2g}). ",
                              *ac.f_p_value);
    }
    if (law.c_adds.gain && law.c_adds.interval) finding += support_of_c(law, level);
    if (!finding.empty() && finding.back() == ' ') finding.pop_back();
    return finding;
}

}  // namespace lvr::analysis
