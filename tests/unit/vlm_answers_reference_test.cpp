// SPDX-License-Identifier: Apache-2.0
// 200 greedy answers against tests/reference/llava_answers.py.
#include <ATen/Parallel.h>
#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <set>

#include <lvr/core/text_file.hpp>
#include <lvr/vlm/generate.hpp>

#include "unit/llava_fixture.hpp"

using namespace lvr;
using Ids = std::vector<std::int64_t>;

namespace {

/// The answers of one model: its questions, and what is compared of each.
struct Wanted {
    std::vector<vlm::Question> questions;
    std::vector<Ids> answers;
    std::vector<bool> is_whole;
};

Wanted wanted_of(const core::Json& golden, const test::TinyLlava& tiny, const std::string& name) {
    Wanted wanted;
    for (const auto& one : golden.at("answers")) {
        if (one.at("model") != name) continue;
        vlm::Question question{one.at("ids"), {}, golden.at("most")};
        for (const std::int64_t picture : one.at("pictures"))
            question.features.push_back(tiny.features_ITC[picture]);
        Ids answer = one.at("answer");
        const auto& until = one.at("until");
        if (!until.is_null()) answer.resize(std::min(answer.size(), until.get<std::size_t>()));
        wanted.is_whole.push_back(until.is_null());
        wanted.questions.push_back(question);
        wanted.answers.push_back(answer);
    }
    return wanted;
}

}  // namespace

TEST_CASE("200 answers are transformers', in batches of 1, 4 and 16 and on 1 and 2 threads") {
    const std::string file = std::string(LVR_SOURCE_DIR) + "/tests/golden/llava_answers.json";
    const auto golden = core::parse_json(core::read_text(file), file);
    const std::int64_t most = golden.at("most");
    const int before = at::get_num_threads();
    int compared = 0, close = 0, with_pictures = 0, stopped = 0;
    std::set<Ids> different;
    for (const std::string name : {"llama", "qwen2"}) {
        const test::TinyLlava tiny(name);
        const auto model = vlm::make_mllm(tiny.config, tiny.store);
        const auto wanted = wanted_of(golden, tiny, name);
        for (const auto& [batch, threads] : {std::pair{1, 1}, {1, 2}, {4, 1}, {4, 2}, {16, 1}, {16, 2}}) {
            at::set_num_threads(threads);
            const auto answers =
                vlm::answer(model, wanted.questions, {.stops = golden.at("stops"), .batch = batch});
            for (std::size_t i = 0; i < answers.size(); ++i) {
                CAPTURE(name, batch, threads, wanted.questions[i].prompt);
                auto ours = answers[i].ids;
                if (!wanted.is_whole[i]) ours.resize(std::min(ours.size(), wanted.answers[i].size()));
                CHECK(ours == wanted.answers[i]);
                ++compared;
            }
        }
        at::set_num_threads(before);
        for (std::size_t i = 0; i < wanted.answers.size(); ++i) {
            close += wanted.is_whole[i] ? 0 : 1;
            with_pictures += wanted.questions[i].features.empty() ? 0 : 1;
            stopped += std::ssize(wanted.answers[i]) < most ? 1 : 0;
            different.insert(wanted.answers[i]);
        }
    }
    CHECK(compared == 6 * 200);
    CHECK(close < 4);
    CHECK(with_pictures > 80);
    CHECK(stopped > 30);
    CHECK(different.size() > 150);
}
