// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/policy.hpp>
#include <analysis/law/region_sampling.hpp>
#include <analysis/law/subset_search.hpp>
#include <lvr/core/error.hpp>

#include "unit/law_golden.hpp"
#include "unit/law_small_tables.hpp"
#include "world.hpp"

using namespace lvr;
using namespace lvr::analysis;
using lvr::test::check_close;

namespace {

void check_curve(const std::vector<double>& got, const core::Json& want, double tolerance) {
    REQUIRE(got.size() == want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        INFO("n = " << i + 1);
        check_close(got[i], want[i].get<double>(), tolerance);
    }
}

void check_curves(const PolicyCurves& got, const core::Json& want, double tolerance) {
    for (int top = 0; top < k_tops; ++top) {
        const std::string key = "top" + std::to_string(top + 1);
        INFO(key);
        check_close(got.mean_tries[top], want["mean_tries"][key].get<double>(), tolerance * 10);
        check_curve(got.first_hit[top], want["first_hit"][key], tolerance);
        check_curve(got.exactly_n[top], want["exactly_n"][key], tolerance);
        check_curve(got.exactly_n_credit[top], want["exactly_n_credit"][key], tolerance);
    }
}

void check_policies(const std::string& version, int benchmarks) {
    const auto want = test::golden("policy_reference.json")[version];
    const Table table = test::paper_table(version);
    int compared = 0;
    for (const auto& benchmark : table.benchmarks) {
        if (compared == benchmarks) break;
        const auto curves = all_policy_curves(make_problem(table, benchmark), {}, test::world());
        for (const Sampling sampling : {Sampling::region, Sampling::uniform, Sampling::random}) {
            INFO(version << " " << benchmark.name << " " << name_of(sampling));
            check_curves(curves[static_cast<std::size_t>(sampling)], want[name_of(sampling)][benchmark.name],
                         1e-9);
            ++compared;
        }
    }
    CHECK(compared == 3 * static_cast<int>(table.benchmarks.size()));
}

/// Every figure of 4,000 runs within five standard errors of its exact value.
void check_simulation(const Problem& problem) {
    constexpr double runs = 4000;
    const auto exact = all_policy_curves(problem, {"exact", 1, 0}, test::world());
    const auto drawn = all_policy_curves(problem, {"simulate", 4000, 7}, test::world());
    const auto close = [&](const std::vector<double>& want, const std::vector<double>& got) {
        REQUIRE(want.size() == got.size());
        for (std::size_t n = 0; n < want.size(); ++n) {
            INFO("n = " << n + 1);
            CHECK(std::abs(want[n] - got[n]) <= 5 * std::sqrt(want[n] * (1 - want[n]) / runs) + 1 / runs);
        }
    };
    for (std::size_t k = 0; k < exact.size(); ++k) {
        for (int top = 0; top < k_tops; ++top) {
            INFO("sampling " << k << " top " << top + 1);
            const double most =
                problem.size();  // tries lie within 1 .. n: a standard deviation is at most n / 2
            CHECK(std::abs(exact[k].mean_tries[top] - drawn[k].mean_tries[top]) <=
                  5 * most / 2 / std::sqrt(runs));
            close(exact[k].first_hit[top], drawn[k].first_hit[top]);
            close(exact[k].exactly_n[top], drawn[k].exactly_n[top]);
            close(exact[k].exactly_n_credit[top], drawn[k].exactly_n_credit[top]);
        }
    }
}

/// The first and the last hits: their rows in the order promised, their errors.
void check_shown(const SubsetSearch& search, const core::Json& want) {
    REQUIRE(want.size() == 8);
    REQUIRE(search.hits.size() >= want.size());
    std::vector<int> rows;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const auto& hit = search.hits[i < want.size() / 2 ? i : search.hits.size() - want.size() + i];
        rows_of_mask(hit.mask, rows);
        INFO("hit " << i);
        CHECK(rows == want[i][0].get<std::vector<int>>());
        check_close(hit.test_mse, want[i][1].get<double>(), 1e-9);
        check_close(hit.train_mse, want[i][2].get<double>(), 1e-9);
    }
}

}  // namespace

TEST_CASE("the policy's exact curves agree with an independent enumeration", "[mpi][law]") {
    check_policies("v1", 1000);
    check_policies("v3", 1000);
}

TEST_CASE("seed_image, top 3, takes 3.403305 trainings on average", "[mpi][law]") {
    const Table table = test::paper_table("v1");
    const auto curves =
        all_policy_curves(make_problem(table, test::column(table, "seed_image")), {}, test::world());
    CHECK(std::abs(curves[static_cast<std::size_t>(Sampling::region)].mean_tries[2] - 3.403305) < 5e-7);
}

TEST_CASE("the simulated policy agrees with the enumeration", "[mpi][law]") {
    const Table table = test::paper_table("v1");
    check_simulation(make_problem(table, test::column(table, "textvqa_val")));
}

TEST_CASE("both agree for 14, 15 and 16 representations, too", "[law]") {
    for (const int n : {14, 15, 16}) {
        INFO(n << " representations");
        const Table table = test::drawn_table(n);
        check_simulation(make_problem(table, table.benchmarks[0]));
    }
}

TEST_CASE("up to 16 representations are enumerated, more are simulated, unless told otherwise", "[law]") {
    CHECK(is_exact({"auto", 1, 0}, 16));
    CHECK_FALSE(is_exact({"auto", 1, 0}, 17));
    CHECK(is_exact({"exact", 1, 0}, 20));
    CHECK_THROWS_AS(is_exact({"exact", 1, 0}, 21), core::Error);
    CHECK_FALSE(is_exact({"simulate", 1, 0}, 5));
}

TEST_CASE("a simulation does not depend on who draws", "[mpi][law]") {
    const Table table = test::drawn_table(17);
    const Problem problem = make_problem(table, table.benchmarks[0]);
    const auto shared = all_policy_curves(problem, {"auto", 60, 3}, test::world()),
               alone = all_policy_curves(problem, {"auto", 60, 3}, {});
    for (std::size_t k = 0; k < shared.size(); ++k) {
        CHECK(shared[k].mean_tries == alone[k].mean_tries);
        CHECK(shared[k].first_hit == alone[k].first_hit);
        CHECK(shared[k].exactly_n == alone[k].exactly_n);
        CHECK(shared[k].first_hit[0].size() == 17);
    }
}

TEST_CASE("two representations: the policy by hand", "[law]") {
    const Problem problem = test::problem_of({0, 1}, {0, 1}, {10, 20});
    for (const auto& curves : all_policy_curves(problem, {}, {})) {
        CHECK(curves.first_hit[0] == std::vector<double>{0.5, 1});
        CHECK(curves.mean_tries[0] == 1.5);
        CHECK(curves.exactly_n_credit[0] == std::vector<double>{0.5, 1});
    }
}

TEST_CASE("regions cut the square of what is measured, whatever the scale of A and C", "[law]") {
    // On the unit square: (0, 0), (0.1, 0.25), (1, 1); the best is alone in its quarter.
    const auto curves =
        all_policy_curves(test::problem_of({10, 11, 20}, {5, 6, 9}, {1, 2, 3}, false), {}, {});
    CHECK(curves[static_cast<std::size_t>(Sampling::region)].exactly_n[0][0] == 0.5);
    check_close(curves[static_cast<std::size_t>(Sampling::uniform)].exactly_n[0][0], 1.0 / 3, 1e-15);
}

TEST_CASE("figures that were drawn carry the number of runs, exact ones none", "[law]") {
    const Problem problem = test::problem_of({0, 1, 2}, {0, 2, 1}, {1, 2, 3});
    for (const auto& curves : all_policy_curves(problem, {"exact", 50, 0}, {})) CHECK(curves.trials == 0);
    const auto drawn = all_policy_curves(problem, {"simulate", 50, 0}, {});
    CHECK(drawn[0].trials == 50);
    CHECK(drawn[1].trials == 50);
    CHECK(drawn[2].trials == 0);  // random search has a closed form
    CHECK(drawn[2].mean_tries[0] == 2);
}

TEST_CASE("the exhaustive search agrees with the reference", "[mpi][law]") {
    const auto want = test::golden("exhaustive_reference.json")["v1"];
    const Table table = test::paper_table("v1");
    std::int64_t fits = 0;
    for (const auto& benchmark : table.benchmarks) {
        const auto search = exhaustive_search(make_problem(table, benchmark), test::world());
        fits += search.fits;
        INFO(benchmark.name);
        CHECK(search.hits.size() == want["hits"][benchmark.name].get<std::size_t>());
        check_shown(search, want["shown"][benchmark.name]);
    }
    CHECK(fits == 65416);
}

TEST_CASE("region sampling draws cells, then members, and goes deeper when all cells are taken", "[law]") {
    Eigen::VectorXd a(4), c(4);
    a << 0.1, 0.2, 0.9, 1.0;
    c << 0.1, 0.2, 0.9, 0.0;
    const RegionSampler sampler(a, c);
    CHECK(sampler.chances({false, false, false, false}) ==
          std::vector<double>{1.0 / 6, 1.0 / 6, 1.0 / 3, 1.0 / 3});
    CHECK(sampler.chances({true, false, false, false}) == std::vector<double>{0, 0, 0.5, 0.5});
    CHECK(sampler.chances({true, false, true, true}) == std::vector<double>{0, 1, 0, 0});
}

TEST_CASE("equal points still end in separate cells", "[law]") {
    const Eigen::VectorXd same = Eigen::VectorXd::Constant(3, 0.5);
    const RegionSampler sampler(same, same);
    CHECK(sampler.chances({true, false, false}) == std::vector<double>{0, 0.5, 0.5});
}
