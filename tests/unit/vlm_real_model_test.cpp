// SPDX-License-Identifier: Apache-2.0
// A pretrained model's answers to chat prompts against transformers (tests/reference/real_model_answers.py).
#include <catch2/catch.hpp>

#include <filesystem>

#include <lvr/core/text_file.hpp>
#include <lvr/data/tokenizer.hpp>
#include <lvr/vlm/conversation.hpp>
#include <lvr/vlm/generate.hpp>
#include <lvr/weights/snapshot.hpp>

using namespace lvr;
namespace fs = std::filesystem;
using Ids = std::vector<std::int64_t>;

namespace {

vlm::Mllm text_model(const weights::Snapshot& snapshot) {
    const auto config = nn::read_llama_config(snapshot.config, (snapshot.folder / "config.json").string());
    return {{},
            nn::make_llama(config, nn::load_llama(weights::Checkpoint::open(snapshot.folder), config, {}))};
}

}  // namespace

TEST_CASE("SmolLM2's answers to 50 questions are transformers'") {
    const auto folder = fs::path(LVR_SOURCE_DIR) / "build/models/smollm2-135m-instruct";
    if (!fs::exists(folder / "config.json")) {
        WARN("skipped: build/models is not there; scripts/setup.sh --models makes it (640 MB)");
        return;
    }
    const std::string file = std::string(LVR_SOURCE_DIR) + "/tests/golden/real_model_answers.json";
    const auto golden = core::parse_json(core::read_text(file), file);
    const auto tokenizer = data::open_tokenizer(folder);
    const auto model = text_model(weights::open_snapshot(folder.string()));
    std::vector<vlm::Question> questions;
    for (const auto& one : golden.at("answers")) {
        const data::LlavaSample sample = {.name = "a question", .turns = {{"human", one.at("question")}}};
        const auto text = vlm::write_question(sample, vlm::find_template("chatml")).text;
        questions.push_back({vlm::encode_with_images(text, *tokenizer), {}, golden.at("most")});
        CHECK(questions.back().prompt == one.at("prompt").get<Ids>());
    }
    const Ids stops = {golden.at("stop")};
    const auto answers = vlm::answer(model, questions, {.stops = stops, .batch = 16});
    const std::size_t some = 3;
    const auto alone = vlm::answer(model, std::span(questions).first(some), {.stops = stops, .batch = 1});
    int close = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto& one = golden.at("answers")[i];
        CAPTURE(one.at("question"), tokenizer->decode(answers[i].ids, true));
        Ids ours = answers[i].ids, wanted = one.at("answer");
        if (const auto& until = one.at("until"); !until.is_null()) {
            const auto compared = until.get<std::size_t>();
            ours.resize(std::min(ours.size(), compared));
            wanted.resize(std::min(wanted.size(), compared));
            ++close;
        }
        CHECK(ours == wanted);
        CHECK(answers[i].ended == (std::ssize(answers[i].ids) < questions[i].most));
        if (i < some) CHECK(alone[i].ids == answers[i].ids);
    }
    CHECK(answers.size() == 50);
    CHECK(close <= 1);
    CHECK(golden.at("answers")[0].at("question") == "What is the capital of France?");
    CHECK_THAT(tokenizer->decode(answers[0].ids, true), Catch::Contains("Paris"));
}
