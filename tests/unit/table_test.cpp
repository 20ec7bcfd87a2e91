// SPDX-License-Identifier: Apache-2.0
// Which A serves which benchmark, what counts as trained, groups, and how a policy's figures came about.
#include <analysis/law/analyse.hpp>
#include <analysis/law/law_tables.hpp>
#include <lvr/core/error.hpp>
#include <lvr/files/results.hpp>

#include "unit/law_golden.hpp"
#include "unit/law_small_tables.hpp"
#include "world.hpp"

using namespace lvr;
using namespace lvr::analysis;
using Catch::Matchers::Contains;

namespace {

const std::string k_two_definitions =
    "representation,C,A_b,A_loglik,score_b,score_d\n"
    "p,1,1,5,10,1\nq,2,3,1,20,2\nr,4,2,3,25,3\ns,3,5,2,21,5\nt,5,4,4,22,\n";

files::Results results(const std::string& csv) { return files::parse_csv(csv, "t.csv"); }

/// The same as a program would have read it.
files::Input input(const std::string& csv) { return {results(csv), {}, ""}; }

Table table(const std::string& csv, const TableChoice& choice = {}) {
    return make_table(results(csv), choice, "t.csv");
}

std::string warnings(const Table& table) { return core::Json(table.warnings).dump(); }

FitConfig config(bool with_plan = false) {
    FitConfig config;
    config.input = test::k_source + "/data/paper/v1.csv";
    config.bootstrap = config.permutations = config.random_draws = 0;
    config.plan = with_plan;
    return config;
}

std::vector<std::string> picks(const core::Json& json) {
    std::vector<std::string> names;
    for (const auto& pick : json["plan"]) names.push_back(pick["representation"]);
    return names;
}

}  // namespace

TEST_CASE("an A of another definition never serves silently beside the benchmarks' own", "[table]") {
    const Table mixed = table(k_two_definitions);
    CHECK(mixed.benchmarks[0].alignment == "b");
    CHECK(mixed.benchmarks[1].alignment.empty());
    CHECK_FALSE(mixed.benchmarks[1].a.array().isFinite().any());
    CHECK_THAT(warnings(mixed), Contains("no A column serves d") && Contains("--a loglik would serve"));
    CHECK_THAT(warnings(mixed), Contains("column A_loglik matches no benchmark and is not used"));
    const Analysis analysis = analyse(input(k_two_definitions), config(), {});
    CHECK(to_json(analysis)["benchmarks"]["d"]["n"] == 0);
    CHECK(to_json(analysis)["benchmarks"]["b"]["n"] == 5);
}

TEST_CASE("--a serves the benchmarks that have no A of their own, and no others", "[table]") {
    TableChoice choice;
    choice.alignment = "loglik";
    const Table chosen = table(k_two_definitions, choice);
    CHECK(chosen.benchmarks[0].alignment == "b");
    CHECK(chosen.benchmarks[0].a == test::vec({1, 3, 2, 5, 4}));
    CHECK(chosen.benchmarks[1].alignment == "loglik");
    CHECK(chosen.benchmarks[1].a == test::vec({5, 1, 3, 2, 4}));
    CHECK(chosen.warnings.empty());
    choice.benchmarks = {"b"};
    CHECK_THAT(warnings(table(k_two_definitions, choice)), Contains("--a loglik is not used"));
}

TEST_CASE("where no benchmark asked for has an A, it is an error that names the way out", "[table]") {
    TableChoice choice;
    choice.benchmarks = {"d"};
    CHECK_THROWS_WITH(table(k_two_definitions, choice),
                      Contains("no A column serves d") && Contains("--a loglik would serve"));
}

TEST_CASE("the only A column serves every benchmark; of several that match none one must be chosen",
          "[table]") {
    const Table one = table("representation,C,A_all,score_x,score_y\np,1,1,10,1\nq,2,3,20,2\n");
    CHECK(one.benchmarks[0].alignment == "all");
    CHECK(one.benchmarks[1].alignment == "all");
    CHECK(one.warnings.empty());
    CHECK_THROWS_WITH(table("representation,C,A_k,A_l,score_x\np,1,1,2,10\nq,2,3,4,20\n"),
                      Contains("could use any of the A columns k, l"));
}

TEST_CASE("a benchmark without A has no say in the plan, and that is said", "[table]") {
    const std::string csv =
        "representation,C,A_b,A_loglik,score_b,score_d\np,1,1,5,10,1\nq,2,3,1,20,2\nr,4,2,3,25,\n"
        "s,3,5,2,,\nt,5,4,4,,\n";
    const core::Json json = to_json(analyse(input(csv), config(true), {}));
    CHECK_THAT(json["notes"].dump(), Contains("d: it has no A, so it has no say in the plan"));
    CHECK(json["plan"][0]["gain"].is_number());
    CHECK(json["plan"][0]["intervals"].size() == 1);
}

TEST_CASE("--plan --benchmark: what has a score elsewhere is evaluated, not trained again", "[table]") {
    const std::string csv =
        "representation,C,A_all,score_x,score_y\np,1,1,10,1\nq,2,3,20,\nr,4,2,25,3\ns,3,5,,4\n"
        "t,5,4,30,\nu,6,6,,\nv,7,5,,\n";
    for (const std::string planner : {"average", "gp", "rank", "uniform"}) {
        INFO(planner);
        FitConfig asked = config(true);
        asked.planner = planner;
        asked.budget = 7;
        asked.benchmark = {"y"};
        const core::Json json = to_json(analyse(input(csv), asked, {}));
        auto names = picks(json);
        std::sort(names.begin(), names.end());
        CHECK(names == std::vector<std::string>{"u", "v"});
        CHECK_THAT(json["notes"].dump(),
                   Contains("already trained, not yet evaluated on y: q, t: evaluate them first"));
    }
}

TEST_CASE("a benchmark that nothing was evaluated on: the plan starts among what is not trained", "[table]") {
    const std::string csv =
        "representation,C,A_all,score_x,score_y\np,1,1,10,\nq,2,3,20,\nr,4,2,25,\ns,3,5,,\n"
        "t,9,9,30,\nu,1,2,,\nv,7,5,,\n";
    FitConfig asked = config(true);
    asked.budget = 2;
    asked.benchmark = {"y"};
    const core::Json json = to_json(analyse(input(csv), asked, {}));
    REQUIRE(json["plan"].size() == 2);
    CHECK(picks(json)[0] == "v");  // the most A and C is t, which is trained
    CHECK_THAT(json["notes"].dump(), Contains("not yet evaluated on y: p, q, r, t"));
    CHECK(json["plan"][0]["gain"].is_null());
}

TEST_CASE("names of a group keep their inner spaces", "[table]") {
    CHECK(split_names(" my own bench ,\tmme, ,ok_vqa ") ==
          std::vector<std::string>{"my own bench", "mme", "ok_vqa"});
    CHECK(split_names("").empty());
}

TEST_CASE("a group's member that the input lacks is a warning, except in the paper's own groups", "[table]") {
    const std::string csv =
        "representation,C,A_all,score_my own,score_mme\np,1,1,10,1\nq,2,3,20,2\nr,4,2,25,3\n";
    FitConfig asked = config();
    asked.groups["mine"] = "my own, mmme";
    asked.benchmark = {"my own"};
    const core::Json json = to_json(analyse(input(csv), asked, {}));
    CHECK_THAT(json["warnings"].dump(), Contains("group 'mine': the input has no benchmark 'mmme'"));
    CHECK(json["warnings"].size() == 1);
    CHECK(json["groups"]["mine"]["benchmarks"] == core::Json::array({"my own"}));
}

TEST_CASE("a simulated policy says so, and has no more digits than its draws bear", "[table]") {
    FitConfig asked = config();
    asked.policy = true;
    asked.benchmark = {"mme"};
    asked.trials = 40;
    const auto paper = files::read_input(asked.input);
    const Analysis exact = analyse(paper, asked, {});
    CHECK(to_json(exact)["policy_method"] == core::Json({{"method", "exact"}, {"trials", nullptr}}));
    CHECK(policy_table(*exact.policy).title.find("simulated") == std::string::npos);
    asked.policy_method = "simulate";
    const Analysis drawn = analyse(paper, asked, {});
    CHECK(to_json(drawn)["policy_method"] == core::Json({{"method", "simulate"}, {"trials", 40}}));
    const TextTable shown = policy_table(*drawn.policy);
    CHECK_THAT(shown.title, Contains("simulated, 40 trials"));
    CHECK(shown.rows[0][1] == "region*");
    CHECK(shown.rows[0][2].size() <= 5);                          // 12.34
    CHECK(shown.rows[2] == policy_table(*exact.policy).rows[2]);  // random search stays exact
    CHECK(to_json(drawn)["policy"]["random"]["mme"]["mean_tries"]["top1"] == 7);
}
