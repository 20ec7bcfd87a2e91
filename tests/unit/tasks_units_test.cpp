// SPDX-License-Identifier: Apache-2.0
// The units and tables of scores on the miniatures of tests/golden/benchmarks.
#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/catalog.hpp>
#include <lvr/data/rows.hpp>
#include <lvr/tasks/benchmark.hpp>

using namespace lvr;
using core::Json;
using tasks::Benchmark;

namespace {

const std::string k_folder = LVR_SOURCE_DIR "/tests/golden/benchmarks/";

data::Rows rows_of(const Benchmark& benchmark) {
    return data::Rows({k_folder + "parquet/" + std::string(benchmark.folder), std::string(benchmark.shards),
                       benchmark.columns, ""});
}

bool without_arrow(const Benchmark& benchmark) {
    if (data::reads_parquet()) return false;
    CHECK_THROWS(rows_of(benchmark));
    return true;
}

Json reference_of(const Benchmark& benchmark) {
    const std::string file = k_folder + std::string(benchmark.name) + ".json";
    return core::parse_json(core::read_text(file), file);
}

tasks::Score scored(const Benchmark& benchmark, const data::Rows& rows, const Json& answers,
                    tasks::ScoreOptions options = {}) {
    std::vector<tasks::Answered> answered;
    for (std::int64_t i = 0; i < rows.size(); ++i)
        answered.push_back(
            {&rows.document(i), answers.at(static_cast<std::size_t>(i)).get<std::string>(), "", i});
    return benchmark.score(answered, options);
}

void compare_mmbench(const Benchmark& benchmark, const data::Rows& rows, const Json& set) {
    const auto& metrics = set.at("metrics");
    for (const auto judge : {tasks::Judge::strict, tasks::Judge::reference}) {
        const auto& expected = metrics.at(judge == tasks::Judge::strict ? "strict" : "reference");
        const auto score = scored(benchmark, rows, set.at("answers"), {judge, true});
        CHECK(score.value == Approx(expected.at("gpt_eval_score").get<double>()).margin(1e-12));
        std::size_t means = 1;
        for (const auto& [prefix, table] : {std::pair("category/", "gpt_eval_score by category"),
                                            std::pair("l2/", "gpt_eval_score by L2-category")}) {
            for (const auto& [name, value] : score.metrics.at(table).items()) {
                CHECK(value.get<double>() == Approx(expected.at(prefix + name).get<double>()).margin(1e-12));
                ++means;
            }
        }
        CHECK(means == expected.size());
    }
}

}  // namespace

TEST_CASE("MMBench's table by category is the reference's") {
    const auto& benchmark = tasks::find_benchmark("mmbench_en_dev");
    if (without_arrow(benchmark)) return;
    int sets = 0;
    const Json reference = reference_of(benchmark);
    for (const auto& set : reference.at("scores")) {
        compare_mmbench(benchmark, rows_of(benchmark), set);
        ++sets;
    }
    CHECK(sets == 3);
}

TEST_CASE("MMMU's units are what the reference calls right") {
    const auto& benchmark = tasks::find_benchmark("mmmu_val");
    if (without_arrow(benchmark)) return;
    const auto rows = rows_of(benchmark);
    int units = 0;
    const Json reference = reference_of(benchmark);
    for (const auto& set : reference.at("scores")) {
        const auto score = scored(benchmark, rows, set.at("answers"));
        for (std::size_t i = 0; i < score.units.size(); ++i, ++units)
            CHECK((score.units[i].value == 100) == set.at("rows").at(i).get<bool>());
    }
    CHECK(units == 3 * rows.size());
}

TEST_CASE("a score is the sum over strata of the means of its units, each named once") {
    for (const auto& benchmark : tasks::benchmarks()) {
        INFO(benchmark.name);
        if (without_arrow(benchmark)) return;
        const auto rows = rows_of(benchmark);
        const auto score =
            scored(benchmark, rows, reference_of(benchmark).at("scores").at("nasty").at("answers"),
                   {tasks::Judge::strict, false});
        CHECK((score.standard_error > 0 ||
               benchmark.name == "mme"));  // one of its categories has but one picture
        CHECK(score.rows.empty());
        CHECK(score.metric == benchmark.metric);
        CHECK(score.reported ==
              Approx(score.value * benchmark.factor).margin(benchmark.name == "mmmu_val" ? 0.05 : 1e-9));
        std::set<std::string> ids;
        for (const auto& unit : score.units) {
            CHECK(ids.insert(unit.id).second);
            CHECK(!unit.cluster.empty());
        }
        CHECK(!ids.empty());
    }
}
