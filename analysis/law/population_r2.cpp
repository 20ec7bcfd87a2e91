// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/population_r2.hpp>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_f.hpp>
#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cstdint>

namespace lvr::analysis {
namespace {

constexpr double k_series_ends = 1e7;  // beyond, the series takes milliseconds and its limit has the digits
constexpr int k_bits = 44;             // of lambda

/// The lambda at which P(F <= f) = tail; 0 where it would be negative.
double non_centrality(double f, int rank, int freedom, double tail) {
    namespace math = boost::math;
    if (f <= 0 || cdf(math::fisher_f(rank, freedom), f) <= tail) return 0;
    const double scale = f * rank;
    if (scale > k_series_ends) {  // the numerator hardly varies: F = (lambda / rank) / (chi^2 / freedom)
        return scale / freedom * quantile(complement(math::chi_squared(freedom), tail));
    }
    const auto excess = [&](double lambda) {
        return cdf(math::non_central_f(rank, freedom, lambda), f) - tail;
    };
    double high = scale + 1;
    while (excess(high) > 0) high *= 2;
    std::uintmax_t steps = 200;
    const auto [below, above] =
        math::tools::toms748_solve(excess, 0.0, high, math::tools::eps_tolerance<double>(k_bits), steps);
    return 0.5 * (below + above);
}

}  // namespace

Interval population_r2_interval(double r2, int rank, int freedom, double level) {
    if (r2 >= 1) return {1, 1};
    const double f = std::max(r2, 0.0) / rank / ((1 - r2) / freedom);
    const double rows = rank + freedom + 1;
    const auto end = [&](double tail) {
        const double lambda = non_centrality(f, rank, freedom, tail);
        return lambda / (lambda + rows);
    };
    return {end((1 + level) / 2), end((1 - level) / 2)};
}

}  // namespace lvr::analysis
