// SPDX-License-Identifier: Apache-2.0
// Fits, out-of-sample figures and rank correlations against scikit-learn, SciPy and mpmath.
#include <numeric>

#include <analysis/law/law_fit.hpp>
#include <analysis/law/least_squares.hpp>
#include <analysis/law/population_r2.hpp>
#include <analysis/law/rank_correlation.hpp>

#include "unit/law_golden.hpp"

using namespace lvr;
using namespace lvr::analysis;
using lvr::test::check_close;

namespace {

constexpr double k_tolerance = 1e-9;

Eigen::VectorXd vector(const core::Json& json) {
    const auto values = json.get<std::vector<double>>();
    return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

FitChoice quick() { return {0, 0, 0, 0, 0.95}; }

void check_terms(const LawFit& fit, const core::Json& want) {
    REQUIRE(fit.terms.size() == want["coefficients"].size());
    for (const auto& term : fit.terms) {
        INFO("coefficient " << term.key);
        check_close(term.value, want["coefficients"][term.key].get<double>(), k_tolerance);
        check_close(term.standard_error, want["standard_errors"][term.key], k_tolerance);
        check_close(term.p_value, want["p_values"][term.key], k_tolerance);
    }
}

/// The rank correlations are of what was predicted without the row, not of what was fitted with it.
void check_out_of_sample(const LawFit& fit, const core::Json& want) {
    check_close(fit.loo_rmse, want["loo_rmse"], k_tolerance);
    check_close(fit.lofo_rmse, want["lofo_rmse"], k_tolerance);
    check_close(fit.kendall_tau, want["kendall_tau"], 1e-12);
    check_close(fit.weighted_tau, want["weighted_tau"], 1e-12);
    check_close(fit.spearman_rho, want["spearman_rho"], 1e-12);
}

void check_fit(const LawFit& fit, const core::Json& want) {
    check_close(fit.r2, want["r2"], k_tolerance);
    check_close(fit.adjusted_r2, want["adjusted_r2"], k_tolerance);
    check_close(fit.mse, want["mse"], k_tolerance);
    check_close(fit.loo_r2, want["loo_r2"], k_tolerance);
    check_close(fit.lofo_r2, want["lofo_r2"], k_tolerance);
    check_close(fit.f_p_value, want["f_p_value"], k_tolerance);
    check_close(fit.loo_predicted, want["loo_predictions"], k_tolerance);
    check_close(fit.leverage, want["hat"], k_tolerance);
    check_close(fit.cooks, want["cook"], k_tolerance);
    check_out_of_sample(fit, want);
    CHECK(fit.influential == want["influential"].get<std::vector<int>>());
    REQUIRE(fit.r2_interval.has_value());
    check_close(fit.r2_interval->low, want["r2_interval"][0].get<double>(), 1e-7);
    check_close(fit.r2_interval->high, want["r2_interval"][1].get<double>(), 1e-7);
    check_terms(fit, want);
}

Problem problem_of(const core::Json& record) {
    Problem problem;
    const Eigen::VectorXd a = vector(record["a"]), c = vector(record["c"]), y = vector(record["y"]);
    problem.a = apply(min_max(a), a);
    problem.c = apply(min_max(c), c);
    problem.y = apply(min_max(y), y);
    problem.rows.resize(static_cast<std::size_t>(y.size()));
    problem.families.resize(problem.rows.size());
    std::iota(problem.rows.begin(), problem.rows.end(), 0);
    return problem;
}

/// The subset solver must agree with the decomposition of record on every table, too.
void check_solver(const Problem& problem, const LawForm& form, const core::Json& record,
                  const core::Json& want) {
    SubsetSolver solver(columns_of(form, problem.a, problem.c), problem.y);
    solver.fit(problem.rows);
    CHECK(solver.rank() == want["rank"].get<int>());
    const auto& predicted = solver.predict_all();
    REQUIRE(!record["predicted_rows"].empty());
    for (std::size_t i = 0; i < record["predicted_rows"].size(); ++i) {
        check_close(predicted[record["predicted_rows"][i].get<Eigen::Index>()],
                    want["predictions"][i].get<double>(), k_tolerance);
    }
}

}  // namespace

TEST_CASE("every fit to the paper's tables agrees with scikit-learn", "[law]") {
    const auto want = test::golden("law_fits.json");
    int compared = 0;
    for (const std::string version : {"v1", "v3"}) {
        const Table table = test::paper_table(version);
        for (const auto& benchmark : table.benchmarks) {
            const Problem problem = make_problem(table, benchmark);
            for (const auto& form : all_forms()) {
                INFO(version << " " << benchmark.name << " " << name_of(form));
                check_fit(fit_law(problem, form, quick()),
                          want[version]["fits"][benchmark.name][name_of(form)]);
                ++compared;
            }
        }
    }
    CHECK(compared == 96);
}

TEST_CASE("the figures of the paper's first version come back to 1e-9", "[law]") {
    const Table table = test::paper_table("v1");
    const std::vector<double> want = {0.963396571797, 0.973597316477, 0.835214253329, 0.954173341512,
                                      0.902802882573, 0.803759731707, 0.866742560758, 0.937513340816};
    REQUIRE(table.benchmarks.size() == want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
        INFO(table.benchmarks[i].name);
        check_close(*fit_law(make_problem(table, table.benchmarks[i]), k_ac_quadratic, quick()).r2, want[i],
                    1e-9);
    }
}

TEST_CASE("fits to 100 random tables agree with scikit-learn, or with 60 digits where its cutoff is wrong",
          "[law]") {
    const auto tables = test::golden("random_tables.json");
    const auto& records = tables.is_array() ? tables : tables["tables"];
    REQUIRE(records.size() == 100);
    int number = 0;
    for (const auto& record : records) {
        const Problem problem = problem_of(record);
        for (const auto& form : all_forms()) {
            const auto& want = record["fits"][name_of(form)];
            INFO("table " << number << " (" << record["kind"] << ", n = " << problem.size() << ") "
                          << name_of(form));
            const LawFit fit = fit_law(problem, form, quick());
            CHECK(fit.rank == want["rank"].get<int>());
            check_close(fit.r2, want["r2"], k_tolerance);
            check_close(fit.mse, want["mse"], k_tolerance);
            check_close(fit.loo_r2, want["loo_r2"], k_tolerance);
            for (const auto& term : fit.terms)
                check_close(term.value, want["coefficients"][term.key].get<double>(), k_tolerance);
            check_solver(problem, form, record, want);
        }
        ++number;
    }
}

TEST_CASE("intervals of the population R2 agree with SciPy from no effect to a nearly exact law", "[law]") {
    const auto records = test::golden("law_fits.json")["population_r2"];
    REQUIRE(records.size() == 6);
    for (const auto& record : records) {
        const int rank = record["rank"].get<int>(), n = record["n"].get<int>();
        INFO(record.dump());
        const Interval got = population_r2_interval(record["r2"].get<double>(), rank, n - rank - 1, 0.95);
        check_close(got.low, record["interval"][0].get<double>(), 1e-7);
        check_close(got.high, record["interval"][1].get<double>(), 1e-7);
    }
}

TEST_CASE("fits without normalisation agree with scikit-learn", "[law]") {
    const auto want = test::golden("law_fits.json");
    int compared = 0;
    for (const std::string version : {"v1", "v3"}) {
        const Table table = test::paper_table(version);
        for (const auto& [name, records] : want[version]["raw"].items()) {
            const Problem problem = make_problem(table, test::column(table, name), false);
            for (const auto& form : all_forms()) {
                INFO(version << " " << name << " " << name_of(form));
                const auto& record = records[name_of(form)];
                const LawFit fit = fit_law(problem, form, quick());
                check_close(fit.r2, record["r2"], k_tolerance);
                check_close(fit.adjusted_r2, record["adjusted_r2"], k_tolerance);
                check_close(fit.mse, record["mse"], k_tolerance);
                check_close(fit.loo_r2, record["loo_r2"], k_tolerance);
                for (const auto& term : fit.terms)
                    check_close(term.value, record["coefficients"][term.key].get<double>(), k_tolerance);
                ++compared;
            }
        }
    }
    CHECK(compared == 24);
}

TEST_CASE("the ridge path agrees with scikit-learn", "[law]") {
    const auto want = test::golden("law_fits.json");
    int compared = 0;
    for (const std::string version : {"v1", "v3"}) {
        const Table table = test::paper_table(version);
        for (const auto& [name, records] : want[version]["ridge"].items()) {
            const Problem problem = make_problem(table, test::column(table, name));
            for (const auto& record : records) {
                FitChoice choice = quick();
                choice.ridge = record["penalty"].get<double>();
                INFO(version << " " << name << " ridge " << choice.ridge);
                const LawFit fit = fit_law(problem, k_ac_quadratic, choice);
                check_close(fit.r2, record["r2"], k_tolerance);
                check_close(fit.loo_r2, record["loo_r2"], k_tolerance);
                for (const auto& term : fit.terms)
                    check_close(term.value, record["coefficients"][term.key].get<double>(), k_tolerance);
                CHECK_FALSE(fit.adjusted_r2.has_value());
                ++compared;
            }
        }
    }
    CHECK(compared == 12);
}

TEST_CASE("subsets on which a cutoff at eps goes wrong come out as in 60 digits", "[law]") {
    const auto want = test::golden("trap_subsets.json");
    const Table table = test::paper_table("v1");
    int compared = 0;
    for (const auto& [name, records] : want.items()) {
        const Problem problem = make_problem(table, test::column(table, name));
        const Eigen::MatrixXd columns = columns_of(k_ac_quadratic, problem.a, problem.c);
        SubsetSolver solver(columns, problem.y);
        for (const auto& record : records) {
            const auto rows = record["rows"].get<std::vector<int>>();
            INFO(name << " rows " << record["rows"].dump());
            solver.fit(rows);
            CHECK(solver.rank() == static_cast<int>(rows.size()) - 1);
            check_close(solver.predict_all(), record["predictions"], k_tolerance);
            Eigen::MatrixXd chosen(static_cast<Eigen::Index>(rows.size()), columns.cols());
            for (std::size_t i = 0; i < rows.size(); ++i)
                chosen.row(static_cast<Eigen::Index>(i)) = columns.row(rows[i]);
            const Coefficients law = CentredFit(chosen, rows_of(problem.y, rows)).coefficients();
            check_close((columns * law.weights).array() + law.intercept, record["predictions"], k_tolerance);
            ++compared;
        }
    }
    CHECK(compared == 61);
}

TEST_CASE("rank correlations agree with SciPy", "[law]") {
    const auto cases = test::golden("rank_statistics.json");
    const auto& pairs = cases.is_array() ? cases : cases.begin().value();
    REQUIRE(pairs.size() >= 20);
    const auto defined = [](double value) {
        return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
    };
    for (const auto& pair : pairs) {
        const Eigen::VectorXd x = vector(pair["x"]), y = vector(pair["y"]);
        INFO("x = " << pair["x"].dump() << ", y = " << pair["y"].dump());
        check_close(defined(kendall_tau(x, y)), pair["kendall"], 1e-12);
        check_close(defined(weighted_tau(x, y)), pair["weighted"], 1e-12);
        check_close(defined(spearman_rho(x, y)), pair["spearman"], 1e-12);
    }
}
