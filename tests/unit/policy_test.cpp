// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/policy.hpp>
#include <analysis/law/region_sampling.hpp>
#include <analysis/law/subset_search.hpp>

#include <lvr/par/session.hpp>

#include "unit/law_golden.hpp"
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
            check_curves(curves[static_cast<std::size_t>(sampling)], want[name_of(sampling)][benchmark.name], 1e-9);
            ++compared;
        }
    }
    CHECK(compared == 3 * static_cast<int>(table.benchmarks.size()));
}

}  // namespace

TEST_CASE("the policy's exact curves agree with an independent enumeration", "[mpi][law]") {
    check_policies("v1", 1000);
    check_policies("v3", 1000);
}

TEST_CASE("seed_image, top 3, takes 3.403305 trainings on average", "[mpi][law]") {
    const Table table = test::paper_table("v1");
    const auto curves = policy_curves(make_problem(table, test::column(table, "seed_image")), Sampling::region, {}, test::world());
    CHECK(std::abs(curves.mean_tries[2] - 3.403305) < 5e-7);
}

TEST_CASE("the simulated policy agrees with the enumeration", "[mpi][law]") {
    const Table table = test::paper_table("v1");
    const Problem problem = make_problem(table, test::column(table, "textvqa_val"));
    const auto exact = all_policy_curves(problem, {"exact", 1, 0}, test::world());
    const auto drawn = all_policy_curves(problem, {"simulate", 4000, 7}, test::world());
    for (std::size_t k = 0; k < exact.size(); ++k) {
        for (int top = 0; top < k_tops; ++top) {
            INFO("sampling " << k << " top " << top + 1);
            // 4,000 runs: a share's standard error is at most 0.008; of the mean tries at most 0.07.
            CHECK(std::abs(exact[k].mean_tries[top] - drawn[k].mean_tries[top]) < 0.3);
            for (std::size_t n = 0; n < exact[k].first_hit[top].size(); ++n) {
                CHECK(std::abs(exact[k].first_hit[top][n] - drawn[k].first_hit[top][n]) < 0.035);
                CHECK(std::abs(exact[k].exactly_n_credit[top][n] - drawn[k].exactly_n_credit[top][n]) < 0.035);
            }
        }
    }
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
    }
    CHECK(fits == 65416);
}

TEST_CASE("region sampling draws cells, then members, and goes deeper when all cells are taken", "[law]") {
    Eigen::VectorXd a(4), c(4);
    a << 0.1, 0.2, 0.9, 1.0;
    c << 0.1, 0.2, 0.9, 0.0;
    const RegionSampler sampler(a, c);
    CHECK(sampler.chances({false, false, false, false}) == std::vector<double>{1.0 / 6, 1.0 / 6, 1.0 / 3, 1.0 / 3});
    CHECK(sampler.chances({true, false, false, false}) == std::vector<double>{0, 0, 0.5, 0.5});
    CHECK(sampler.chances({true, false, true, true}) == std::vector<double>{0, 1, 0, 0});
}

TEST_CASE("equal points still end in separate cells", "[law]") {
    const Eigen::VectorXd same = Eigen::VectorXd::Constant(3, 0.5);
    const RegionSampler sampler(same, same);
    CHECK(sampler.chances({true, false, false}) == std::vector<double>{0, 0.5, 0.5});
}
