// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/score/import_lmms.hpp>
#include <lvr/score/import_scores.hpp>
#include <lvr/score/import_table.hpp>

using namespace lvr;
using Catch::Contains;
using files::Measurement;

namespace {

Measurement source() {
    Measurement m;
    m.file = "run_results.json";
    m.representation = "mine";
    m.seed = 4;
    return m;
}

/// A result file whose results are these members.
std::string result_file(const std::string& results, const std::string& more = "") {
    return R"({"results": {)" + results + "}" + more + "}";
}

std::vector<Measurement> read(const std::string& results, const std::string& more = "") {
    return score::lmms_scores(result_file(results, more), source());
}

Measurement measured(const std::string& kind, const std::string& name, double value) {
    Measurement m;
    m.kind = kind;
    m.representation = "mine";
    m.name = name;
    m.value = value;
    m.file = name + ".h5";
    return m;
}

}  // namespace

TEST_CASE("lmms-eval: every benchmark of the paper, by our names and in its units") {
    const auto scores = read(R"(
        "mmbench_en_dev": {"alias": "mmbench_en_dev", "gpt_eval_score,none": 64.26116838487972,
                           "gpt_eval_score_stderr,none": "N/A", "submission,none": null},
        "mme": {"mme_percetion_score,none": 1502.696679, "mme_cognition_score,none": 300.0},
        "mmmu_val": {"mmmu_acc,none": 0.35, "mmmu_acc_stderr,none": "N/A"},
        "ok_vqa": {"alias": "ok_vqa"},
        "ok_vqa_val2014": {"exact_match,none": 0.5320253666, "exact_match_stderr,none": 0.0065},
        "textvqa_val": {"exact_match,none": 0.46042, "exact_match_stderr,none": 0.0068},
        "vizwiz_vqa_val": {"exact_match,none": 0.5426719148},
        "scienceqa_img": {"exact_match,none": 0.6926127913, "exact_match_stderr,none": 0.0103},
        "seedbench": {"seed_all,none": 0.6, "seed_image,none": 0.6609288274, "seed_video,none": 0.4})",
                             R"(, "n-samples": {"seedbench": {"original": 17990, "effective": 17990},
                                                "mmbench_en_dev": {"original": 4329, "effective": 4329},
                                                "textvqa_val": {"original": 5000, "effective": 5000}},
                                  "config": {"model": "llava", "model_args": "pretrained=x"}, "git_hash": "abc")");
    const auto table =
        files::parse_csv(core::read_text(std::string(LVR_SOURCE_DIR) + "/data/paper/v1.csv"), "v1.csv");
    REQUIRE(scores.size() == 8);
    int compared = 0;
    for (const auto& m : scores) {
        INFO(m.name);
        CHECK(m.kind == "score");
        CHECK(m.representation == "mine");
        CHECK(m.seed == 4);
        CHECK(m.unit == (m.name == "mme" ? "points" : "percent"));
        CHECK(m.scale == (m.name == "mme" ? 2000 : 100));
        for (const auto& score : table.scores) {
            if (score.representation != 0 ||
                table.benchmarks[static_cast<std::size_t>(score.benchmark)].name != m.name)
                continue;
            CHECK(m.value == Approx(score.value).epsilon(1e-9));
            ++compared;
        }
    }
    CHECK(compared == 8);
    const auto& textvqa = scores[4];
    CHECK(textvqa.name == "textvqa_val");
    CHECK(textvqa.standard_error == Approx(0.68));
    CHECK(textvqa.samples == 5000);
    CHECK(textvqa.provenance.at("config").at("import").at("metric") == "exact_match,none");
    CHECK(textvqa.provenance.at("config").at("import").at("model_args") == "pretrained=x");
    CHECK(scores[0].samples == 1164);
    CHECK(std::isnan(scores[0].standard_error));
    CHECK(scores[1].samples == 0);
    CHECK(scores[7].samples == 14233);
}

TEST_CASE("lmms-eval: other spellings, filters, and parts of a benchmark") {
    CHECK(read(R"("mme": {"mme_perception_score,none": 1400})")[0].value == 1400);
    CHECK(read(R"("scienceqa_img": {"exact_match": 0.5})")[0].value == 50);
    const auto filtered =
        read(R"("scienceqa_img": {"exact_match,strip": 0.5, "exact_match_stderr,strip": 0.01})");
    CHECK(filtered[0].standard_error == Approx(1));
    const auto both = read(R"("scienceqa_img": {"exact_match,none": 0.5, "exact_match,strip": 0.6})");
    CHECK(both[0].value == 50);
    const auto clt = read(R"("textvqa_val": {"exact_match,none": 0.5, "exact_match_stderr,none": "N/A",
                                             "exact_match_stderr_clt,none": 0.02})");
    CHECK(clt[0].standard_error == Approx(2));
    const auto some =
        read(R"("mmbench_en_dev": {"gpt_eval_score,none": 60}, "mmmu_val": {"mmmu_acc,none": 0.3})",
             R"(, "n-samples": {"mmbench_en_dev": {"effective": 8}, "mmmu_val": {"effective": 9}})");
    CHECK(some[0].samples == 0);
    CHECK(some[1].samples == 9);
    const auto nan =
        read(R"("mmmu_val": {"alias": "a\"NaN\\", "mmmu_acc,none": 0.3, "mmmu_acc_stderr,none": NaN},
                             "x": [NaN, -Infinity, Infinity], "mme": {"mme_percetion_score,none": NaN})");
    REQUIRE(nan.size() == 1);
    CHECK(std::isnan(nan[0].standard_error));
    const auto twice = read(R"("mmbench_en_dev_static": {"gpt_eval_score,none": 61},
                               "mmbench_en_dev": {"gpt_eval_score,none": 60})");
    REQUIRE(twice.size() == 1);
    CHECK(twice[0].value == 60);
}

TEST_CASE("lmms-eval: what is no result of these benchmarks is refused by name") {
    CHECK_THROWS_WITH(score::lmms_scores("{", source()), Contains("run_results.json"));
    CHECK_THROWS_WITH(score::lmms_scores("{}", source()), Contains("has no results by task"));
    CHECK_THROWS_WITH(score::lmms_scores(R"({"results": [1]})", source()),
                      Contains("has no results by task"));
    CHECK_THROWS_WITH(read(""), Contains("has no score of a benchmark that lvr knows"));
    CHECK_THROWS_WITH(read(R"("pope": {"pope_f1_score,none": 0.8}, "mme": 3)"), Contains("mmbench_en_dev, "));
    int refused = 0;
    for (const char* value : {"null", "\"N/A\"", "[0.5]", "{\"total_score\": 1}", "true", "\"0.5\""}) {
        INFO(value);
        CHECK_THROWS_WITH(read(std::string(R"("mmmu_val": {"mmmu_acc,none": )") + value + "}"),
                          Contains("has no score of a benchmark that lvr knows"));
        ++refused;
    }
    CHECK(refused == 6);
    CHECK_THROWS_WITH(read(R"("mmmu_val": {"mmmu_acc,none": 35.0})"),
                      Contains("mmmu_acc of mmmu_val is 35") && Contains("from 0 to 1"));
    CHECK_THROWS_WITH(read(R"("mme": {"mme_percetion_score,none": -1})"), Contains("from 0 to 2000"));
    CHECK_THROWS_WITH(read(R"("textvqa_val": {"exact_match,a": 0.5, "exact_match,b": 0.6})"),
                      Contains("by several filters"));
    for (const char* odd : {R"({"mmmu_val": 900})", R"({"mmmu_val": {"effective": "x"}})", "7",
                            R"({"mmmu_val": {"effective": -1}})"}) {
        INFO(odd);
        CHECK(read(R"("mmmu_val": {"mmmu_acc,none": 0.3})", std::string(R"(, "n-samples": )") + odd)[0]
                  .samples == 0);
    }
}

TEST_CASE("a table becomes measurements that amount to the same table") {
    const std::string text =
        "#! {\"benchmarks\": {\"mme\": [\"points\", 2000]}, \"scores\": [[\"a\", \"mme\", 2, 1.5, 100, "
        "0.25]]}\n"
        "representation,family,gpu_hours,C,A_loglik,A_mme,score_mme,score_mme@seed2,resolution\n"
        "a,clip,3.5,10,-2,0.5,1400,1410,224\n"
        "b,,,20,,0.6,1300,,\n"
        "c,dino,1,,,,,,\n";
    const auto table = files::parse_csv(text, "table.csv");
    Measurement shared;
    shared.file = "table.csv";
    const auto all = score::measurements_of(table, shared);
    CHECK(all.size() == 8);  // nothing was measured of c
    const auto back = files::assemble(all, "test");
    REQUIRE(back.representations.size() == 2);
    CHECK(back.representations[0].family == "clip");
    CHECK(back.representations[0].gpu_hours == 3.5);
    CHECK(back.representations[0].labels == std::vector<std::string>{"224"});
    CHECK(back.correspondence == std::vector<double>{10, 20});
    REQUIRE(back.alignment.size() == 2);
    CHECK(back.alignment[0].definition == "loglik");
    CHECK(back.alignment[1].definition == "unspecified");
    CHECK(back.alignment[1].value == std::vector<double>{0.5, 0.6});
    REQUIRE(back.scores.size() == 3);
    CHECK(back.scores[1].seed == 2);
    CHECK(back.scores[1].value == 1410);
    CHECK(back.scores[1].standard_error == 1.5);
    CHECK(back.scores[1].samples == 100);
    CHECK(back.scores[1].gpu_hours == 0.25);
    CHECK(back.benchmarks[0].unit == "points");
    CHECK(back.benchmarks[0].scale == 2000);
}

TEST_CASE("what is known already is not written again, and nothing known is lost") {
    auto known = measured("score", "mme", 1400);
    known.standard_error = 12;
    known.samples = 2114;
    known.labels = {{"resolution", "336"}};
    const auto same = measured("score", "mme", 1400);
    CHECK(score::additions({known}, {same}).empty());
    CHECK(score::additions({known}, {same, same}).empty());
    auto more = same;
    more.unit = "points";
    more.training_gpu_hours = 7;
    more.labels = {{"note", "x"}};
    const auto added = score::additions({known}, {more});
    REQUIRE(added.size() == 1);
    CHECK(added[0].standard_error == 12);
    CHECK(added[0].samples == 2114);
    CHECK(added[0].unit == "points");
    CHECK(added[0].training_gpu_hours == 7);
    CHECK(added[0].labels.size() == 2);
    const auto other = measured("alignment", "mme", 0.5);
    CHECK(score::additions({known}, {other, same}).size() == 1);
    CHECK(score::additions({}, {other, other, same}).size() == 2);
}

TEST_CASE("what contradicts what is known is refused before anything is written") {
    const auto known = measured("score", "mme", 1400);
    auto wrong = measured("score", "mme", 1401);
    wrong.file = "wrong.csv";
    CHECK_THROWS_WITH(
        score::additions({known}, {wrong}),
        Contains("mme.h5 and wrong.csv disagree on the score of 'mine' on 'mme': 1400 and 1401"));
    CHECK_THROWS_WITH(score::additions({}, {known, wrong}), Contains("disagree on the score"));
    auto of_other_family = measured("alignment", "mme", 0.5);
    of_other_family.family = "dino";
    auto of_family = known;
    of_family.family = "clip";
    CHECK_THROWS_WITH(score::additions({of_family}, {of_other_family}), Contains("disagree on the family"));
    auto seeded = wrong;
    seeded.seed = 1;
    CHECK(score::additions({known}, {seeded}).size() == 1);
}
