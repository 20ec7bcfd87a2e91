// SPDX-License-Identifier: Apache-2.0
// Logs of answers: ours and other harnesses'.
#include <lvr/core/text_file.hpp>
#include <lvr/eval/samples_log.hpp>
#include <lvr/files/atomic_file.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::eval;
using namespace lvr::test;
using Catch::Contains;

namespace {

std::vector<Sample> some() {
    std::vector<Sample> samples;
    for (std::int64_t row = 0; row < 3; ++row) {
        Sample sample{.row = 2 * row, .answer = row == 1 ? "B." : "A"};
        sample.document = {
            {"question", "Which é?"}, {"choices", {"x", "y"}}, {"answer", row % 2}, {"hint", ""}};
        sample.image = "0123456789abcdef";
        sample.problem = row == 2 ? "c.jpg: is truncated" : "";
        sample.cut = row == 1;
        samples.push_back(std::move(sample));
    }
    return samples;
}

}  // namespace

TEST_CASE("a log comes back as it was written, in the form of lmms-eval's", "[eval][log]") {
    const Folder folder("log");
    const auto samples = some();
    const auto& benchmark = tasks::find_benchmark("scienceqa_img");
    const auto score = benchmark.score(answered(samples), {});
    write_samples(folder / "samples.jsonl", benchmark, samples, score);
    const auto back = read_samples(folder / "samples.jsonl");
    REQUIRE(back.size() == samples.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
        CHECK(back[i].row == samples[i].row);
        CHECK(back[i].document == samples[i].document);
        CHECK(back[i].answer == samples[i].answer);
        CHECK(back[i].image == samples[i].image);
        CHECK(back[i].problem == samples[i].problem);
        CHECK(back[i].cut == samples[i].cut);
    }
    const auto again = benchmark.score(answered(back), {});
    CHECK(again.reported == score.reported);
    const auto text = core::read_text(folder / "samples.jsonl");
    const auto line = core::parse_json(text.substr(0, text.find('\n')), "line");
    for (const char* const name :
         {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "exact_match"})
        CHECK(line.contains(name));
    CHECK(line.at("resps") == core::Json::parse(R"([["A"]])"));
    CHECK(line.at("exact_match") == 1.0);
}

TEST_CASE("logs of another harness are read in the order of their rows", "[eval][log]") {
    const Folder folder("foreign");
    files::write_text(folder / "x.jsonl",
                      "{\"doc_id\": 7, \"doc\": {}, \"filtered_resps\": [\"b\"]}\n\n"
                      "{\"doc_id\": 3, \"doc\": {}, \"resps\": [[\"a\"]]}\n");
    const auto samples = read_samples(folder / "x.jsonl");
    REQUIRE(samples.size() == 2);
    CHECK((samples[0].row == 3 && samples[0].answer == "a"));
    CHECK((samples[1].row == 7 && samples[1].answer == "b" && !samples[1].cut));
}

TEST_CASE("what is no log is refused with its line", "[eval][log]") {
    const Folder folder("bad_log");
    const auto refused = [&](const std::string& text) {
        files::write_text(folder / "x.jsonl", text);
        return input_message([&] { read_samples(folder / "x.jsonl"); });
    };
    const std::string good = "{\"doc_id\": 0, \"doc\": {}, \"filtered_resps\": [\"b\"]}\n";
    CHECK_THAT(refused(""), Contains("is empty"));
    CHECK_THAT(refused(good + "[1]\n"), Contains("line 2: is no object"));
    CHECK_THAT(refused(good + "{"), Contains("line 2"));
    CHECK_THAT(refused("{\"doc\": {}, \"filtered_resps\": [\"b\"]}\n"), Contains("has no doc_id"));
    CHECK_THAT(refused("{\"doc_id\": 0, \"filtered_resps\": [\"b\"]}\n"), Contains("has no doc"));
    CHECK_THAT(refused("{\"doc_id\": 0, \"doc\": {}, \"resps\": [[\"a\", \"b\"]]}\n"),
               Contains("has no answer"));
    CHECK_THAT(refused(good + good), Contains("doc_id 0 twice"));
}
