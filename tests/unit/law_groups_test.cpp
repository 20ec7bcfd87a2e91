// SPDX-License-Identifier: Apache-2.0
// Baselines, what C adds, the plain sentences, and group means.
#include <analysis/law/law.hpp>
#include <lvr/core/error.hpp>

#include "unit/law_golden.hpp"
#include "unit/law_small_tables.hpp"

using namespace lvr;
using namespace lvr::analysis;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using lvr::test::check_close;
using lvr::test::k_none;
using lvr::test::small_table;

namespace {

FitConfig quick() {
    FitConfig config;
    config.bootstrap = 400;
    config.permutations = 0;
    config.random_draws = 400;
    return config;
}

std::string finding(const Table& table, const FitConfig& config = quick()) {
    return fit_all(table, config, "test").benchmarks.front().finding;
}

const std::vector<double> k_a = {0.1, 0.9, 0.4, 0.3, 0.7, 0.2, 0.8, 0.5, 0.6, 0.35};
const std::vector<double> k_c = {3, 1, 4, 1.5, 5, 9, 2, 6, 5.5, 3.5};

}  // namespace

TEST_CASE("random columns reach p / (n - 1) on average, exactly and by draws", "[law]") {
    const Table table = test::paper_table("v1");
    const Problem problem = make_problem(table, table.benchmarks[0]);
    const auto baselines = random_baselines(problem, 1000, {0, 1, 2000, 0, 0.9});
    REQUIRE(baselines.has_value());
    check_close(*baselines->random_linear.expected, 1.0 / 12, 1e-15);
    check_close(*baselines->random_quadratic.expected, 5.0 / 12, 1e-15);
    CHECK(std::abs(*baselines->random_linear.mean - 1.0 / 12) < 0.02);  // standard error 0.004
    CHECK(std::abs(*baselines->random_quadratic.mean - 5.0 / 12) < 0.03);
    CHECK(baselines->random_quadratic.interval->low < 5.0 / 12);
    CHECK(baselines->random_quadratic.interval->high > 5.0 / 12);
    const double a_alone = *fit_law(problem, k_a_quadratic, {0, 0, 0, 0, 0.9}).r2;
    CHECK(*baselines->a_random.mean > a_alone);  // more columns never fit worse
    CHECK(*baselines->a_random.mean < 1);
    CHECK_FALSE(baselines->a_random.expected.has_value());
}

TEST_CASE("A plus a random column comes near the paper's vision figure of 0.83", "[law]") {
    const Table table = test::paper_table("v1");
    double sum = 0;
    for (const char* name : {"mmbench_en", "mme", "ok_vqa", "seed_image"}) {
        sum += *random_baselines(make_problem(table, test::column(table, name)), 2000, {0, 0, 0, 0, 0.9})
                    ->a_random.mean;
    }
    CHECK(std::abs(sum / 4 - 0.8297) < 0.01);
}

TEST_CASE("without draws the exact expectations remain", "[law]") {
    const auto baselines = random_baselines(test::problem_of({0, 1, 2}, {0, 2, 1}, {1, 2, 3}), 0, {});
    REQUIRE(baselines.has_value());
    check_close(*baselines->random_linear.expected, 0.5, 1e-15);
    check_close(*baselines->random_quadratic.expected, 1, 1e-15);  // 5 columns pass through 3 points
    CHECK_FALSE(baselines->a_random.mean.has_value());
    CHECK_FALSE(random_baselines(test::problem_of({0, 1, 2}, {0, 2, 1}, {3, 3, 3}), 10, {}).has_value());
}

TEST_CASE("what C adds is the difference of two leave-one-out R2", "[law]") {
    const Law law = fit_all(test::paper_table("v1"), quick(), "v1");
    REQUIRE(law.benchmarks.size() == 8);
    for (const auto& benchmark : law.benchmarks) {
        check_close(*benchmark.c_adds.gain,
                    *benchmark.fit(k_ac_quadratic)->loo_r2 - *benchmark.fit(k_a_quadratic)->loo_r2, 1e-12);
        CHECK(benchmark.c_adds.interval->low <= *benchmark.c_adds.gain);
        CHECK(benchmark.c_adds.interval->high >= *benchmark.c_adds.gain);
    }
}

TEST_CASE("the interval of a baseline is of one draw, at the level asked for", "[law]") {
    const Table table = test::paper_table("v1");
    const Problem problem = make_problem(table, table.benchmarks[0]);
    // R2 of a random column is about Beta(1/2, 11/2): quantiles by scipy.stats.beta.ppf.
    const auto at = [&](double level) {
        return *random_baselines(problem, 4000, {0, 2, 0, 0, level})->random_linear.interval;
    };
    CHECK(std::abs(at(0.5).low - 0.009612) < 0.005);
    CHECK(std::abs(at(0.5).high - 0.118230) < 0.02);
    CHECK(std::abs(at(0.9).high - 0.305746) < 0.03);
    CHECK(random_baselines(problem, 300, {0, 2, 0, 0, 0.9})->random_linear.draws == 300);
}

TEST_CASE("draws asked for what C adds are made, and counted", "[law]") {
    FitConfig config = quick();
    config.bootstrap = 2500;
    config.benchmark = {"mme"};
    CHECK(fit_all(test::paper_table("v1"), config, "v1").benchmarks.front().c_adds.draws == 2500);
}

TEST_CASE("the ridge path has the penalties asked for, in their order", "[law]") {
    const auto want = test::golden("law_fits.json")["v1"]["ridge"]["mme"];
    FitConfig config = quick();
    config.bootstrap = config.random_draws = 0;
    for (const auto& record : want) config.ridge.push_back(record["penalty"].get<double>());
    const Law law = fit_all(test::paper_table("v1"), config, "v1");
    const BenchmarkLaw& mme = law.benchmarks[1];
    REQUIRE(mme.problem.benchmark == "mme");
    REQUIRE(mme.ridge.size() == want.size());
    REQUIRE(mme.ridge.size() == 3);
    for (std::size_t i = 0; i < want.size(); ++i) {
        CHECK(mme.ridge[i].penalty == want[i]["penalty"].get<double>());
        check_close(mme.ridge[i].fit.r2, want[i]["r2"], 1e-9);
    }
}

TEST_CASE("a score is the mean over its seeds; their spread is pooled over representations", "[law]") {
    files::Results results;
    for (const char* name : {"x", "y", "z"}) results.representations.push_back({name, ""});
    results.correspondence = {1, 2, 3};
    results.alignment.push_back({"b", "unspecified", {1, 2, 3}, {}});
    results.benchmarks = {{"b", ""}, {"other", ""}};
    results.alignment.push_back({"other", "unspecified", {1, 2, 3}, {}});
    const auto add = [&](std::int64_t representation, std::int64_t benchmark, std::int64_t seed,
                         double value) {
        files::Score score;
        score.representation = representation, score.benchmark = benchmark;
        score.seed = seed, score.value = value;
        results.scores.push_back(score);
    };
    add(0, 0, 1, 1), add(0, 0, 2, 3);                   // mean 2, squares 2
    add(1, 0, 1, 4), add(1, 0, 2, 4), add(1, 0, 3, 7);  // mean 5, squares 6
    add(2, 0, 1, 9);
    add(0, 1, 1, 100), add(1, 1, 1, 50);
    const Table table = make_table(results, {}, "test");
    REQUIRE(table.benchmarks.size() == 2);
    CHECK(table.benchmarks[0].score == test::vec({2, 5, 9}));
    check_close(table.benchmarks[0].seed_spread, std::sqrt(8.0 / 3), 1e-12);  // over 1 + 2 degrees of freedom
    CHECK(std::isnan(table.benchmarks[1].score[2]));
    CHECK(std::isnan(table.benchmarks[1].seed_spread));
}

TEST_CASE("the quadratic is as good as random columns where its F test says so at 5 %", "[law]") {
    BenchmarkLaw law = fit_all(test::paper_table("v1"), quick(), "v1").benchmarks.front();
    law.fits.back().f_p_value = 0.0499;
    CHECK_THAT(finding_of(law, 0.95), StartsWith("The data support C"));
    law.fits.back().f_p_value = 0.0501;
    CHECK_THAT(finding_of(law, 0.95), StartsWith("The quadratic in A and C is not distinguishable"));
}

TEST_CASE("a group with an underdetermined fit says so", "[law]") {
    Table table = test::paper_table("v1");
    CHECK_FALSE(fit_all(table, quick(), "v1").groups[0].fits[5].underdetermined);
    for (auto& benchmark : table.benchmarks) {
        if (benchmark.name == "mme") benchmark.score.tail(9).setConstant(k_none);
    }
    const Law law = fit_all(table, quick(), "v1");
    CHECK(law.groups[0].fits[5].underdetermined);
    CHECK_FALSE(law.groups[0].fits[0].underdetermined);
    CHECK_FALSE(law.groups[1].fits[5].underdetermined);
}

TEST_CASE("sentences for what cannot be tested", "[law]") {
    Table table = small_table({1, 2, 3}, {1, 3, 2}, {1, 2, 4});
    CHECK(finding(table) ==
          "3 measured representations cannot test a law with six coefficients: its R² says nothing.");
    test::add_benchmark(table, "one", {k_none, 5, k_none});
    test::add_benchmark(table, "none", {k_none, k_none, k_none});
    test::add_benchmark(table, "equal", {5, 5, 5});
    const Law law = fit_all(table, quick(), "test");
    CHECK(law.benchmarks[1].finding == "One representation measured: nothing can be fitted.");
    CHECK(law.benchmarks[2].finding == "No representation measured: nothing can be fitted.");
    CHECK(law.benchmarks[3].finding == "All measured scores are equal: there is nothing to explain.");
}

TEST_CASE("sentences where A or C do not vary", "[law]") {
    const std::vector<double> same(10, 0.3), y = {1, 5, 2, 2, 4, 1, 5, 3, 4, 2};
    CHECK(finding(small_table(k_a, same, y)) ==
          "C is the same for all measured representations: the data cannot say whether C matters.");
    CHECK(finding(small_table(same, k_c, y)) ==
          "A is the same for all measured representations: the data cannot say whether A matters.");
    CHECK_THAT(finding(small_table(same, same, y)), StartsWith("A and C are the same"));
    CHECK_THAT(finding(small_table(k_a, k_a, y)),
               StartsWith("A and C do not vary enough over the 10 representations"));
}

TEST_CASE("sentences on what C adds follow the leave-one-out figures", "[law]") {
    const Table table = test::paper_table("v1");
    const Law law = fit_all(table, quick(), "v1");
    const auto sentence = [&](std::size_t i) { return law.benchmarks[i].finding; };
    CHECK_THAT(
        sentence(0),
        StartsWith("The data support C beside A out of sample (leave-one-out R² 0.63 with A alone, 0.89"));
    CHECK_THAT(sentence(2), StartsWith("The data do not support C beside A out of sample"));
    CHECK_THAT(sentence(5), StartsWith("C beside A makes predictions worse out of sample"));
    CHECK_THAT(sentence(7), StartsWith("C may help A out of sample, but the data do not settle it"));
    FitConfig bare = quick();
    bare.bootstrap = 0;
    CHECK_THAT(finding(table, bare),
               StartsWith("What C adds to A out of sample was not tested") && Contains("0.89 with A and C"));
}

TEST_CASE("sentences say when nothing predicts better than the mean, and when the fit is as good as random",
          "[law]") {
    const std::string noise = finding(small_table(k_a, k_c, {5, 4.9, 1, 5.2, 4.8, 1.2, 1.1, 5.1, 0.9, 1.3}));
    CHECK_THAT(
        noise,
        StartsWith("The quadratic in A and C is not distinguishable from random columns (F test p = "));
    CHECK_THAT(
        noise,
        Contains("Neither A nor A and C predict a new representation better than the mean score does"));
}

TEST_CASE("a group is the mean over its benchmarks that have an R2, with their names", "[law]") {
    Table table = test::paper_table("v1");
    for (auto& benchmark : table.benchmarks) {
        if (benchmark.name == "mme") benchmark.score.setConstant(k_none);
        if (benchmark.name == "ok_vqa")
            benchmark.score.tail(9).setConstant(k_none);  // 4 left: no adjusted R2
        if (benchmark.name == "vizwiz_vqa_val") benchmark.score.setConstant(3);
    }
    const Law law = fit_all(table, quick(), "v1");
    REQUIRE(law.groups.size() == 3);
    const GroupLaw &vision = law.groups[0], &ocr = law.groups[1], &all = law.groups[2];
    CHECK(vision.name == "vision");
    CHECK(vision.benchmarks == std::vector<std::string>{"mmbench_en", "ok_vqa", "seed_image"});
    CHECK(ocr.benchmarks.size() == 3);
    CHECK(all.name == "all");
    CHECK(all.benchmarks.size() == 6);
    const auto r2 = [&](std::size_t i) { return *law.benchmarks[i].fits[5].r2; };
    check_close(*vision.fits[5].r2, (r2(0) + r2(3) + r2(7)) / 3, 1e-12);
    CHECK_FALSE(vision.fits[5].adjusted_r2.has_value());  // never a mean over other benchmarks than R2's
    CHECK(ocr.fits[5].adjusted_r2.has_value());
    check_close(*vision.baselines.random_quadratic, (5.0 / 12 + 1 + 5.0 / 12) / 3, 1e-12);
    check_close(*vision.baselines.random_linear, (1.0 / 12 + 1.0 / 3 + 1.0 / 12) / 3, 1e-12);
}

TEST_CASE("groups can be chosen and defined; unknown or empty ones are errors", "[law]") {
    const Table table = test::paper_table("v1");
    FitConfig config = quick();
    config.groups["mine"] = "mme, seed_image";
    config.group = {"mine"};
    const Law law = fit_all(table, config, "v1");
    REQUIRE(law.groups.size() == 1);
    CHECK(law.groups[0].benchmarks.size() == 2);
    config.group = {"yours"};
    CHECK_THROWS_WITH(fit_all(table, config, "v1"), Contains("group 'yours' is unknown") && Contains("mine"));
    config.groups["mine"] = "nothing_here";
    config.group = {"mine"};
    CHECK_THROWS_WITH(fit_all(table, config, "v1"), Contains("has none of the benchmarks of group 'mine'"));
    config.groups["all"] = "mme";
    config.input = "x";
    CHECK_THROWS_WITH(config.validate(), Contains("'all'"));
}

TEST_CASE("it is an error only if no benchmark has two measured rows", "[law]") {
    Table table = small_table({1, 2, 3}, {1, 3, 2}, {1, k_none, k_none});
    CHECK_THROWS_WITH(fit_all(table, quick(), "t.csv"),
                      Contains("t.csv: no benchmark has two representations"));
    test::add_benchmark(table, "two", {1, 2, k_none});
    CHECK(fit_all(table, quick(), "t.csv").benchmarks[0].fits.empty());
}
