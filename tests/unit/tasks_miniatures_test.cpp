// SPDX-License-Identifier: Apache-2.0
// The miniatures of tests/golden/benchmarks, asked and scored, against what the reference's functions made of
// them.
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
        CHECK(score.undecided <=
              metrics.at("undecided").get<std::int64_t>());  // those without a base do not count
        CHECK(score.undecided + 1 >= metrics.at("undecided").get<std::int64_t>());
    }
}

/// Values per row, as far as the score has them.
Json row_values(const Benchmark& benchmark, const tasks::Score& score) {
    Json values = Json::array();
    for (std::size_t i = 0; i < score.rows.size(); ++i) {
        const auto& row = score.rows[i];
        if (benchmark.name == "seedbench") values.push_back(row.at("seed_all").at("pred"));
        if (benchmark.name == "mme") values.push_back(row.begin()->at("score"));
        if (benchmark.name == "mmmu_val") values.push_back(score.units[i].value == 100);
        if (row.contains("exact_match")) values.push_back(row.at("exact_match"));
    }
    return values;
}

void compare_others(const Benchmark& benchmark, const data::Rows& rows, const Json& set) {
    const auto score = scored(benchmark, rows, set.at("answers"));
    REQUIRE(!set.at("metrics").empty());
    for (const auto& [name, value] : set.at("metrics").items()) {
        INFO(name);
        CHECK(score.metrics.at(name).get<double>() ==
              Approx(value.get<double>()).epsilon(1e-14).margin(1e-14));
    }
    CHECK(score.value == score.metrics.at(score.metric).get<double>());
    const Json values = row_values(benchmark, score);
    REQUIRE(values.size() == set.at("rows").size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        INFO("row " << i);
        CHECK(values[i] == set.at("rows")[i]);
    }
}

}  // namespace

TEST_CASE("the miniatures are asked and scored as by the reference") {
    int sets = 0;
    for (const auto& benchmark : tasks::benchmarks()) {
        INFO(benchmark.name);
        if (without_arrow(benchmark)) return;
        const auto rows = rows_of(benchmark);
        const Json reference = reference_of(benchmark);
        REQUIRE(rows.size() == reference.at("rows").get<std::int64_t>());
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const auto& document = rows.document(i);
            CHECK(benchmark.context(document) ==
                  reference.at("contexts").at(static_cast<std::size_t>(i)).get<std::string>());
            CHECK_NOTHROW(benchmark.target(document));
            std::size_t pictures = 0;
            for (const auto& picture : benchmark.pictures(document))
                pictures += rows.pictures(i, picture.column) > 0 ? 1 : 0;
            const auto& shown = reference.at("pictures").at(static_cast<std::size_t>(i));
            CHECK(pictures ==
                  (benchmark.counts(document) ? shown.size() : std::min<std::size_t>(shown.size(), 1)));
        }
        for (const auto& [name, set] : reference.at("scores").items()) {
            INFO(name);
            if (benchmark.name == "mmbench_en_dev") {
                compare_mmbench(benchmark, rows, set);
            } else {
                compare_others(benchmark, rows, set);
            }
            ++sets;
        }
    }
    CHECK(sets == 24);
}

TEST_CASE("a score is the sum over strata of the means of its units, each named once") {
    for (const auto& benchmark : tasks::benchmarks()) {
        INFO(benchmark.name);
        if (without_arrow(benchmark)) return;
        const auto rows = rows_of(benchmark);
        const auto score =
            scored(benchmark, rows, reference_of(benchmark).at("scores").at("nasty").at("answers"),
                   {tasks::Judge::strict, false});
        const double factor = benchmark.unit == "percent" && benchmark.name != "mmbench_en_dev" ? 100 : 1;
        CHECK(score.reported ==
              Approx(score.value * factor).margin(benchmark.name == "mmmu_val" ? 0.05 : 1e-9));
        CHECK((score.standard_error > 0 ||
               benchmark.name == "mme"));  // one of its categories has but one picture
        CHECK(score.rows.empty());
        std::set<std::string> ids;
        for (const auto& unit : score.units) {
            CHECK(ids.insert(unit.id).second);
            CHECK(!unit.cluster.empty());
        }
        CHECK(!ids.empty());
    }
}
