// SPDX-License-Identifier: Apache-2.0
// From the rows of a benchmark to its score, as lmms-eval 0.1.2 has it: tests/golden/benchmarks/<task>.json
// (tests/reference/benchmark_miniatures.py).
#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>

#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/catalog.hpp>
#include <lvr/data/image.hpp>
#include <lvr/data/rows.hpp>
#include <lvr/tasks/benchmark.hpp>

using namespace lvr;
namespace fs = std::filesystem;

namespace {

const fs::path k_folder = fs::path(LVR_SOURCE_DIR) / "tests/golden/benchmarks";

core::Json golden_of(const tasks::Benchmark& benchmark) {
    const fs::path file = k_folder / (std::string(benchmark.name) + ".json");
    return core::parse_json(core::read_text(file), file.string());
}

data::Rows rows_of(const tasks::Benchmark& benchmark, const char* form) {
    return data::Rows(
        {k_folder / form / benchmark.folder, std::string(benchmark.shards), benchmark.columns, ""});
}

/// The first digits of SHA-256 over each of a question's pictures, decoded.
core::Json pictures_of(const tasks::Benchmark& benchmark, const data::Rows& rows, std::int64_t row) {
    core::Json hashes = core::Json::array();
    const auto add = [&](const std::string& column, std::int64_t position) {
        const auto rgb = data::decode_image(rows.picture(row, column, position), rows.name(row)).rgb;
        hashes.push_back(core::sha256({reinterpret_cast<const char*>(rgb.data()), rgb.size()}).substr(0, 8));
    };
    for (const auto& picture : benchmark.pictures(rows.document(row))) {
        if (rows.pictures(row, picture.column) > picture.position) add(picture.column, picture.position);
    }
    // A video's frames, of which the reference shows a model the first.
    for (std::int64_t i = 1; benchmark.name == "seedbench" && i < rows.pictures(row, "image"); ++i)
        add("image", i);
    return hashes;
}

tasks::Score score_of(const tasks::Benchmark& benchmark, const data::Rows& rows, const core::Json& answers,
                      tasks::Judge judge) {
    std::vector<tasks::Answered> answered;
    for (std::int64_t row = 0; row < rows.size(); ++row)
        answered.push_back({&rows.document(row), answers.at(static_cast<std::size_t>(row)), "", row});
    return benchmark.score(answered, {.judge = judge});
}

bool near(const core::Json& ours, const core::Json& theirs) {
    return ours.is_number() && std::abs(ours.get<double>() - theirs.get<double>()) < 1e-9;
}

void check_metrics(const tasks::Score& score, const core::Json& expected) {
    int compared = 0;
    for (const auto& [name, value] : expected.items()) {
        if (name.find('/') != std::string::npos) continue;  // MMBench's tables, below
        INFO(name << ": " << score.metrics.dump() << " instead of " << value);
        CHECK(near(name == score.metric ? core::Json(score.value) : score.metrics.at(name), value));
        ++compared;
    }
    CHECK(compared > 0);
}

/// What the reference's rows say, out of what we log.
core::Json logged(const core::Json& row) {
    for (const char* name : {"exact_match", "seed_all", "mme_percetion_score", "mme_cognition_score"}) {
        if (!row.contains(name)) continue;
        const core::Json& value = row[name];
        return value.is_object() ? value.value("pred", value.value("score", core::Json())) : value;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("rows give the reference's prompts and pictures", "[tasks]") {
    if (!data::reads_parquet()) return;
    int benchmarks = 0, asked = 0;
    for (const auto& benchmark : tasks::benchmarks()) {
        const core::Json golden = golden_of(benchmark);
        const data::Rows rows = rows_of(benchmark, "parquet");
        REQUIRE(rows.size() == golden["rows"]);
        REQUIRE(golden["folder"] == benchmark.folder);
        for (std::int64_t row = 0; row < rows.size(); ++row, ++asked) {
            const auto at = static_cast<std::size_t>(row);
            INFO(benchmark.name << " row " << row);
            CHECK(benchmark.context(rows.document(row)) == golden["contexts"][at]);
            CHECK(pictures_of(benchmark, rows, row) == golden["pictures"][at]);
        }
        ++benchmarks;
    }
    CHECK(benchmarks == 8);
    CHECK(asked > 200);
}

TEST_CASE("rows and answers give the reference's metrics", "[tasks]") {
    if (!data::reads_parquet()) return;
    int scores = 0, logs = 0;
    for (const auto& benchmark : tasks::benchmarks()) {
        const data::Rows rows = rows_of(benchmark, "parquet");
        const core::Json golden = golden_of(benchmark);
        for (const auto& [name, set] : golden["scores"].items()) {
            INFO(benchmark.name << ", " << name << " answers");
            const auto score = score_of(benchmark, rows, set["answers"], tasks::Judge::strict);
            if (set["metrics"].contains("strict")) {
                check_metrics(score, set["metrics"]["strict"]);
                check_metrics(score_of(benchmark, rows, set["answers"], tasks::Judge::reference),
                              set["metrics"]["reference"]);
                CHECK(score.undecided == set["metrics"]["undecided"]);
            } else {
                check_metrics(score, set["metrics"]);
            }
            ++scores;
            for (std::size_t i = 0; i < score.rows.size(); ++i) {
                const core::Json value = logged(score.rows[i]);
                if (value.is_null()) continue;
                INFO("row " << i << ": " << value.dump() << " instead of " << set["rows"][i].dump());
                CHECK((value == set["rows"][i] || (value.is_number() && near(value, set["rows"][i]))));
                ++logs;
            }
        }
    }
    CHECK(scores == 24);
    CHECK(logs > 400);
}

TEST_CASE("lists of JSON lines give the same scores", "[tasks]") {
    int lists = 0;
    for (const char* name : {"mme", "scienceqa_img", "seedbench"}) {
        const auto& benchmark = tasks::find_benchmark(name);
        const core::Json golden = golden_of(benchmark);
        const data::Rows rows = rows_of(benchmark, "jsonl");
        REQUIRE(rows.size() == golden["rows"]);
        for (std::int64_t row = 0; row < rows.size(); ++row) {
            CHECK(benchmark.context(rows.document(row)) == golden["contexts"][static_cast<std::size_t>(row)]);
            CHECK(pictures_of(benchmark, rows, row) == golden["pictures"][static_cast<std::size_t>(row)]);
        }
        const core::Json& set = golden["scores"]["nasty"];
        check_metrics(score_of(benchmark, rows, set["answers"], tasks::Judge::strict), set["metrics"]);
        ++lists;
    }
    CHECK(lists == 3);
}
