// SPDX-License-Identifier: Apache-2.0
// How questions are put to a model, and what of an answer is kept.
#include <catch2/catch.hpp>

#include <algorithm>

#include <lvr/data/tokenizer.hpp>
#include <lvr/eval/answer_shard.hpp>
#include <lvr/eval/ask.hpp>

#include "source_tree.hpp"

using namespace lvr;
using namespace lvr::eval;

namespace {

std::shared_ptr<const data::Tokenizer> llama_tokenizer() {
    return data::open_tokenizer(LVR_SOURCE_DIR "/tests/golden/tokenizers/llama");
}

tasks::Document mmmu(const std::string& question) {
    tasks::Document document = {{"id", "validation_Math_1"},
                                {"question", question},
                                {"options", "['a', 'b']"},
                                {"question_type", "multiple-choice"},
                                {"answer", "A"}};
    return document;
}

std::int64_t places_in(const Prompt& prompt) { return std::ranges::count(prompt.ids, vlm::k_image_id); }

}  // namespace

TEST_CASE("a picture stands on a line of its own in front, or where the context has it", "[eval]") {
    CHECK(message_of("What?", true) == "<image>\nWhat?");
    CHECK(message_of("What?", false) == "What?");
    CHECK(message_of("See <image> now", true) == "See <image> now");
    const auto text = text_of("What?", true, vlm::find_template("vicuna_v1"));
    CHECK(text.starts_with("A chat between a curious user"));
    CHECK(text.ends_with(" USER: <image>\nWhat? ASSISTANT:"));
    CHECK(text_of("What?", false, vlm::find_template("chatml"))
              .ends_with("<|im_start|>user\nWhat?<|im_end|>\n<|im_start|>assistant\n"));
}

TEST_CASE("questions with several pictures get none, all or the first", "[eval]") {
    const auto tokenizer = llama_tokenizer();
    const auto& form = vlm::find_template("v1");
    const auto& benchmark = tasks::find_benchmark("mmmu_val");
    const auto ask = [&](const std::string& question, vlm::PictureRule rule) {
        const auto document = mmmu(question);
        return prompt_of(benchmark.context(document), benchmark.pictures(document), {form, *tokenizer, rule});
    };
    using Rule = vlm::PictureRule;
    const auto one = ask("Look at <image 2>.", Rule::reference);
    CHECK((one.is_asked && places_in(one) == 1));
    REQUIRE(one.pictures.size() == 1);
    CHECK(one.pictures[0].column == "image_2");
    const auto none = ask("Look at nothing.", Rule::reference);
    CHECK((none.is_asked && places_in(none) == 0 && none.pictures.empty()));

    const std::string two = "<image 1> or <image 3>?";
    CHECK_FALSE(ask(two, Rule::reference).is_asked);
    CHECK(ask(two, Rule::reference).shown.size() == 2);
    const auto all = ask(two, Rule::all);
    CHECK((all.is_asked && places_in(all) == 2));
    REQUIRE(all.pictures.size() == 2);
    CHECK(all.pictures[1].column == "image_3");
    const auto first = ask(two, Rule::first);
    CHECK((first.is_asked && places_in(first) == 1 && first.pictures.size() == 1));
    CHECK(first.ids.size() + 1 == all.ids.size());
}

TEST_CASE("an answer's text is stripped, and cut at the stop string where that applies", "[eval]") {
    const auto tokenizer = llama_tokenizer();
    const auto ids = tokenizer->encode(" yes ASSISTANT: no ", false);
    CHECK(answer_text(*tokenizer, ids, false) == "yes ASSISTANT: no");
    CHECK(answer_text(*tokenizer, ids, true) == "yes");
    CHECK(answer_text(*tokenizer, {}, true).empty());
}
