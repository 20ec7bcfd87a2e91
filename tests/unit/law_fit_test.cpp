// SPDX-License-Identifier: Apache-2.0
// Fits whose answers can be worked out by hand, and the edges of what is defined.
#include <algorithm>
#include <cmath>
#include <set>

#include <analysis/law/law_fit.hpp>
#include <analysis/law/least_squares.hpp>
#include <analysis/law/population_r2.hpp>
#include <analysis/law/resampling.hpp>

#include "unit/law_golden.hpp"
#include "unit/law_small_tables.hpp"

using namespace lvr;
using namespace lvr::analysis;
using lvr::test::check_close;
using lvr::test::k_none;
using lvr::test::problem_of;
using lvr::test::vec;

namespace {

constexpr LawForm k_a_linear{true, false, false};
constexpr LawForm k_ac_linear{true, true, false};

FitChoice quick() { return {0, 0, 0, 0, 0.95}; }

Eigen::VectorXd refitted(const Problem& problem, const LawForm& form) {
    const Eigen::MatrixXd columns = columns_of(form, problem.a, problem.c);
    Eigen::VectorXd predicted(problem.size());
    for (int out = 0; out < problem.size(); ++out) {
        std::vector<int> rest;
        for (int i = 0; i < problem.size(); ++i) {
            if (i != out) rest.push_back(i);
        }
        Eigen::MatrixXd chosen(static_cast<Eigen::Index>(rest.size()), columns.cols());
        for (std::size_t i = 0; i < rest.size(); ++i)
            chosen.row(static_cast<Eigen::Index>(i)) = columns.row(rest[i]);
        predicted[out] =
            CentredFit(chosen, rows_of(problem.y, rest)).coefficients().predict(columns.row(out));
    }
    return predicted;
}

}  // namespace

TEST_CASE("A and C are scaled over all rows, scores over the measured ones", "[law]") {
    const Problem problem = problem_of({0, 2, 4, 10, k_none}, {1, 1, 3, 5, 0}, {k_none, 10, 20, k_none, 90});
    CHECK(problem.rows == std::vector<int>{1, 2});
    CHECK(problem.a == vec({0.2, 0.4}));
    CHECK(problem.c == vec({0.2, 0.6}));  // C runs from 0 (the row without A) to 5
    CHECK(problem.y == vec({0, 1}));
    CHECK(problem.y_scale.offset == 10);
    CHECK(problem.y_scale.width == 10);
}

TEST_CASE("R2 is undefined where all scores are equal, whatever rounding makes of their mean", "[law]") {
    const Eigen::VectorXd y = Eigen::VectorXd::Constant(3, 0.1);
    REQUIRE(y.mean() != 0.1);
    CHECK_FALSE(r_squared(y, y).has_value());
    const LawFit fit =
        fit_law(problem_of({0, 1, 2, 4}, {3, 1, 2, 0}, {0.1, 0.1, 0.1, 0.1}, false), k_a_linear, quick());
    CHECK_FALSE(fit.r2.has_value());
    CHECK_FALSE(fit.loo_r2.has_value());
    CHECK_FALSE(fit.kendall_tau.has_value());
    CHECK(std::abs(*fit.mse) < 1e-30);
}

TEST_CASE("a column of equal numbers says nothing, whatever rounding makes of its mean", "[law]") {
    const Eigen::MatrixXd columns = Eigen::MatrixXd::Constant(3, 1, 0.1);
    REQUIRE(columns.col(0).mean() != 0.1);
    const Eigen::VectorXd y = vec({1, 2, 4});
    const CentredFit fit(columns, y);
    CHECK(fit.rank() == 0);
    CHECK(fit.coefficients().weights[0] == 0);
    SubsetSolver solver(columns, y);
    solver.fit({0, 1, 2});
    CHECK(solver.rank() == 0);
    check_close(solver.predict_all()[0], 7.0 / 3, 1e-15);
}

TEST_CASE("two measured rows: a line through both, and nothing known of its errors", "[law]") {
    const Problem problem = problem_of({0, 1}, {0, 1}, {50, 60});
    const LawFit line = fit_law(problem, k_a_linear, {0, 0, 50, 50, 0.95});
    check_close(*line.r2, 1, 1e-15);
    CHECK_FALSE(line.underdetermined);
    CHECK_FALSE(line.adjusted_r2.has_value());
    CHECK_FALSE(line.terms[1].standard_error.has_value());
    CHECK_FALSE(line.f_p_value.has_value());
    check_close(*line.loo_r2, -3, 1e-12);  // each is predicted to be the other: PRESS 2, sum of squares 1/2
    check_close(*line.loo_rmse, 1, 1e-12);
    const LawFit law = fit_law(problem, k_ac_quadratic, quick());
    CHECK(law.rank == 1);
    CHECK(law.underdetermined);
    for (const auto& term : law.terms)
        check_close(term.value, term.key == "1" ? 0 : 0.2, 1e-12);  // shared by five
    CHECK_FALSE(law.terms[4].standard_error.has_value());
    CHECK(std::isnan(law.cooks[0]));
}

TEST_CASE("leave-one-out equals real refits, also where a row stands alone or rows are few", "[law]") {
    const std::vector<double> c = {0.1, 0.9, 0.4, 0.3, 0.7, 0.2}, y = {1, 4, 2, 2, 5, 3};
    const std::vector<Problem> problems = {problem_of({0, 0, 0, 0, 0, 1}, c, y),
                                           problem_of({0.1, 0.5, 0.2, 0.9, 0.4, 0.6}, c, y),
                                           problem_of({0.1, 0.5, 0.2}, {0.3, 0.2, 0.8}, {1, 2, 3})};
    for (const auto& problem : problems) {
        for (const auto& form : all_forms()) {
            INFO(name_of(form) << ", n = " << problem.size());
            const Eigen::VectorXd want = refitted(problem, form);
            const Eigen::VectorXd got = fit_law(problem, form, quick()).loo_predicted;
            REQUIRE(got.size() == want.size());
            for (Eigen::Index i = 0; i < want.size(); ++i) check_close(got[i], want[i], 1e-9);
        }
    }
    CHECK(std::abs(fit_law(problems[0], k_a_linear, quick()).leverage[5] - 1) < 1e-12);  // took the refit
}

TEST_CASE("a row left out tells a plain fit nothing through the scales, but a ridge fit", "[law]") {
    const Table table = test::paper_table("v1");
    const auto& column = test::column(table, "mme");
    const Problem scaled = make_problem(table, column), raw = make_problem(table, column, false);
    const LawFit fit = fit_law(scaled, k_ac_quadratic, quick());
    check_close(*fit.loo_r2, *fit_law(raw, k_ac_quadratic, quick()).loo_r2, 1e-9);
    for (int i = 0; i < scaled.size(); ++i) {
        check_close(scaled.y_scale.back(fit.loo_predicted[i]),
                    fit_law(raw, k_ac_quadratic, quick()).loo_predicted[i], 1e-9);
    }
    FitChoice ridge = quick();
    ridge.ridge = 0.1;
    CHECK(std::abs(*fit_law(scaled, k_ac_quadratic, ridge).loo_r2 -
                   *fit_law(raw, k_ac_quadratic, ridge).loo_r2) > 1e-3);
}

TEST_CASE("leave-one-family-out predicts each family from the others", "[law]") {
    Table table = test::small_table({1, 1, 1, 1}, {0, 0, 0, 0}, {0, 1, 3, 4});
    const auto r2 = [&](const std::vector<std::string>& families) {
        table.families = families;
        return fit_law(make_problem(table, table.benchmarks[0]), k_a_linear, quick()).lofo_r2;
    };
    // A says nothing, so each family is predicted by the other's mean: errors 3.5, 2.5, 2.5, 3.5 around a
    // spread of 10.
    check_close(*r2({"x", "x", "y", "y"}), 1 - 37.0 / 10, 1e-12);
    CHECK_FALSE(r2({"x", "x", "x", "x"}).has_value());
    CHECK_FALSE(r2({"x", "x", "y", ""}).has_value());
}

TEST_CASE("collinear A and C: flagged, predictions and degrees of freedom as of one of them", "[law]") {
    const std::vector<double> a = {0, 1, 2, 3, 5}, y = {1, 3, 2, 6, 8};
    const Problem problem = problem_of(a, {1, 3, 5, 7, 11}, y);
    const LawFit both = fit_law(problem, k_ac_linear, quick()), one = fit_law(problem, k_a_linear, quick());
    CHECK(both.rank == 1);
    CHECK(both.underdetermined);
    check_close(*both.r2, *one.r2, 1e-12);
    check_close(*both.adjusted_r2, *one.adjusted_r2, 1e-12);
    check_close(*both.f_p_value, *one.f_p_value, 1e-12);
    check_close(both.terms[1].value, one.terms[1].value / 2, 1e-12);  // shared by equal columns
    CHECK_FALSE(both.terms[1].standard_error.has_value());
}

TEST_CASE("where the law is exact, distances of Cook are undefined, not rounding over rounding", "[law]") {
    const LawFit fit =
        fit_law(problem_of({0, 1, 2, 3, 4, 5, 6, 7}, {3, 1, 4, 1, 5, 9, 2, 6}, {0, 1, 4, 9, 16, 25, 36, 49}),
                k_a_quadratic, quick());
    check_close(*fit.r2, 1, 1e-12);
    check_close(*fit.f_p_value, 0, 1e-12);
    REQUIRE(fit.cooks.size() == 8);
    for (const double distance : fit.cooks) CHECK(std::isnan(distance));
    check_close(*fit.terms[1].standard_error, 0, 1e-12);
    CHECK_FALSE(fit.terms[1].p_value.has_value());
}

TEST_CASE("the permutation p-value counts rearrangements that fit as well", "[law]") {
    const LawFit fit = fit_law(problem_of({0, 1, 2, 3, 4}, {0, 2, 1, 4, 3}, {10, 20, 30, 40, 50}), k_a_linear,
                               {0, 1, 0, 9999, 0.95});
    check_close(*fit.permutation_p_value, 2.0 / 120, 0.005);  // the order itself and its reverse
}

TEST_CASE("resampling depends on the seed alone", "[law]") {
    const Table table = test::paper_table("v1");
    const Problem problem = make_problem(table, table.benchmarks[0]);
    const LawFit first = fit_law(problem, k_ac_quadratic, {0, 3, 400, 200, 0.9});
    const LawFit again = fit_law(problem, k_ac_quadratic, {0, 3, 400, 200, 0.9});
    const LawFit other = fit_law(problem, k_ac_quadratic, {0, 4, 400, 200, 0.9});
    REQUIRE(first.r2_interval.has_value());
    REQUIRE(first.r2_bootstrap_interval.has_value());
    CHECK(first.r2_interval->low == other.r2_interval->low);  // nothing is drawn for it
    CHECK(first.r2_bootstrap_interval->low == again.r2_bootstrap_interval->low);
    CHECK(first.r2_bootstrap_interval->low != other.r2_bootstrap_interval->low);
    CHECK(first.r2_bootstrap_interval->high < 1);  // no resample that the law passes through
    CHECK(first.r2_bootstrap_draws > 300);
    CHECK(first.bootstrap_draws > first.r2_bootstrap_draws);
    CHECK(first.permutation_draws == 200);
    for (const auto& term : first.terms) {
        REQUIRE(term.interval.has_value());
        CHECK(term.interval->low < term.interval->high);
    }
}

TEST_CASE("few bootstrap draws give an interval, none give none, an underdetermined fit has none", "[law]") {
    const Table table = test::paper_table("v1");
    const Problem problem = make_problem(table, table.benchmarks[0]);
    CHECK(fit_law(problem, k_ac_quadratic, {0, 0, 20, 0, 0.9}).r2_bootstrap_interval.has_value());
    const LawFit undrawn = fit_law(problem, k_ac_quadratic, quick());
    CHECK_FALSE(undrawn.r2_bootstrap_interval.has_value());
    CHECK(undrawn.r2_interval.has_value());
    CHECK(undrawn.permutation_draws == 0);
    const Problem few = problem_of({0, 1, 3}, {1, 0, 2}, {1, 2, 4});
    const LawFit minimum_norm = fit_law(few, k_ac_quadratic, {0, 0, 500, 0, 0.9});
    CHECK_FALSE(minimum_norm.r2_bootstrap_interval.has_value());
    CHECK_FALSE(minimum_norm.r2_interval.has_value());
    // A line through three rows: a resample of three distinct rows is the sample, and says nothing new.
    const LawFit line = fit_law(few, k_a_linear, {0, 0, 500, 0, 0.9});
    CHECK_FALSE(line.r2_bootstrap_interval.has_value());
    CHECK(line.terms[1].interval.has_value());
}

TEST_CASE("the interval of R2 in the population is absent where theory has none, and closes where R2 is 1",
          "[law]") {
    const Problem line = problem_of({0, 1, 2, 3}, {0, 0, 1, 0}, {0, 2, 4, 6});
    const LawFit exact = fit_law(line, k_a_linear, quick());
    REQUIRE(exact.r2_interval.has_value());
    CHECK(exact.r2_interval->low > 1 - 1e-6);
    CHECK(exact.r2_interval->high <= 1);
    CHECK_FALSE(fit_law(problem_of({0, 1}, {0, 0}, {0, 2}), k_a_linear, quick()).r2_interval.has_value());
    CHECK_FALSE(fit_law(line, k_a_linear, {0.1, 0, 0, 0, 0.95}).r2_interval.has_value());
    const Interval none = population_r2_interval(1e-6, 1, 11, 0.95);
    CHECK(none.low == 0);
    CHECK(none.high == 0);  // even without any effect R2 is rarely so small
    const Interval wide = population_r2_interval(0.9, 5, 7, 0.99),
                   narrow = population_r2_interval(0.9, 5, 7, 0.5);
    CHECK(wide.low < narrow.low);
    CHECK(wide.high > narrow.high);
    // The series of the noncentral F and its limit for large lambda meet.
    const double at = 1 - 5e-4;
    const Interval before = population_r2_interval(1 - 1.0001 * (1 - at), 5, 4999, 0.95);
    const Interval after = population_r2_interval(1 - 0.9999 * (1 - at), 5, 4999, 0.95);
    CHECK(std::abs(before.low - after.low) < 1e-6);
    CHECK(std::abs(before.high - after.high) < 1e-6);
}

TEST_CASE("the bootstrap is over resamples: all 256 of four rows, counted out", "[law]") {
    const std::vector<double> a = {0, 0, 0.2, 1}, y = {0, 0.6, 0.1, 1};
    std::vector<double> all_r2;
    int of_full_rank = 0;
    for (int code = 0; code < 256; ++code) {
        const std::vector<std::size_t> rows = {code % 4U, code / 4 % 4U, code / 16 % 4U, code / 64 % 4U};
        const std::set<std::size_t> distinct(rows.begin(), rows.end());
        double ma = 0, my = 0, aa = 0, yy = 0, ay = 0;
        for (const auto i : rows) ma += a[i] / 4, my += y[i] / 4;
        for (const auto i : rows) {
            aa += (a[i] - ma) * (a[i] - ma);
            yy += (y[i] - my) * (y[i] - my);
            ay += (a[i] - ma) * (y[i] - my);
        }
        if (aa < 1e-12) continue;  // A is constant: rank 0
        ++of_full_rank;
        if (distinct.size() > 2) all_r2.push_back(ay * ay / (aa * yy));
    }
    const std::int64_t draws = 8000;
    const LawFit fit = fit_law(problem_of(a, a, y), k_a_linear, {0, 0, draws, 0, 0.8});
    // Five standard deviations of the counts, and as much room for the shares behind the ends.
    const auto near = [&](std::int64_t count, double share) {
        return std::abs(static_cast<double>(count) - share * draws) <
               5 * std::sqrt(share * (1 - share) * draws);
    };
    CHECK(near(fit.bootstrap_draws, of_full_rank / 256.0));
    CHECK(near(fit.r2_bootstrap_draws, static_cast<double>(all_r2.size()) / 256));
    std::sort(all_r2.begin(), all_r2.end());
    const auto quantile = [&](double share) {
        return all_r2[static_cast<std::size_t>(share * static_cast<double>(all_r2.size() - 1))];
    };
    REQUIRE(fit.r2_bootstrap_interval.has_value());
    CHECK(fit.r2_bootstrap_interval->low >= quantile(0.07) - 1e-12);
    CHECK(fit.r2_bootstrap_interval->low <= quantile(0.13) + 1e-12);
    CHECK(fit.r2_bootstrap_interval->high >= quantile(0.87) - 1e-12);
    CHECK(fit.r2_bootstrap_interval->high <= quantile(0.93) + 1e-12);
    CHECK(quantile(0.13) < quantile(0.87));
}

TEST_CASE("draws on a large table have one limit", "[law]") {
    CHECK(affordable_draws(9999, 400) == 9999);
    CHECK(affordable_draws(9999, 1000) == 4000);
    CHECK(affordable_draws(9999, 100'000) == 200);
    CHECK(affordable_draws(50, 100'000) == 50);
}

TEST_CASE("the bootstrap interval of a slope agrees with its standard error where theory says so", "[law]") {
    core::KeyedRng rng(11, {"slope"});
    std::vector<double> a, y;
    for (int i = 0; i < 200; ++i) {
        a.push_back(rng.uniform());
        y.push_back(3 * a.back() + rng.normal());
    }
    const LawFit fit = fit_law(problem_of(a, a, y), k_a_linear, {0, 0, 2000, 0, 0.95});
    const Term& slope = fit.terms[1];
    CHECK(slope.interval->low < slope.value);
    CHECK(slope.value < slope.interval->high);
    const double half_width = 0.5 * (slope.interval->high - slope.interval->low);
    CHECK(std::abs(half_width / (1.96 * *slope.standard_error) - 1) < 0.15);
}

TEST_CASE("central intervals interpolate as numpy.quantile", "[law]") {
    const Interval interval = central_interval({5, 1, 4, 2, 3}, 0.9);
    check_close(interval.low, 1.2, 1e-12);
    check_close(interval.high, 4.8, 1e-12);
}

TEST_CASE("the surface is the law's polynomial", "[law]") {
    LawFit fit;
    fit.form = k_ac_quadratic;
    const std::vector<double> values = {1, 2, 3, 4, 5, 6};
    const auto keys = term_keys(k_ac_quadratic);
    CHECK(keys == std::vector<std::string>{"1", "a", "c", "a2", "ac", "c2"});
    for (std::size_t i = 0; i < keys.size(); ++i) fit.terms.push_back({keys[i], values[i], {}, {}, {}});
    CHECK(predict(fit, 2, 10) == 1 + 4 + 30 + 16 + 100 + 600);
}
