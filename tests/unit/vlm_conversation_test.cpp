// SPDX-License-Identifier: Apache-2.0
// Talks to ids and labels, against tests/reference/conversations.py.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <map>
#include <memory>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/vlm/conversation.hpp>

#include "refusal.hpp"
#include "source_tree.hpp"

using namespace lvr;
using namespace lvr::vlm;
using Ids = std::vector<std::int64_t>;

namespace {

const std::filesystem::path k_golden = std::filesystem::path(LVR_SOURCE_DIR) / "tests/golden/conversations";

core::Json cases() {
    return core::parse_json(core::read_text(k_golden / "conversations.json"), "conversations.json");
}

const data::Tokenizer& tokenizer(bool qwen) {
    static const auto llama_one = data::open_tokenizer(k_golden / "llama");
    static const auto qwen_one = data::open_tokenizer(k_golden / "qwen");
    return qwen ? *qwen_one : *llama_one;
}

data::LlavaSample sample_of(const core::Json& one) {
    data::LlavaSample sample{one["name"], one["image"].get<bool>() ? "a.jpg" : "", {}};
    for (const auto& turn : one["turns"]) sample.turns.push_back({turn[0], turn[1]});
    return sample;
}

/// @param learned [begin, end) of each run of ids that is learned
Ids labels_of(const Ids& ids, const core::Json& learned) {
    Ids labels(ids.size(), k_ignore_label);
    for (const auto& run : learned)
        for (std::size_t i = run[0]; i < run[1].get<std::size_t>(); ++i) labels.at(i) = ids.at(i);
    return labels;
}

std::string refusal(const data::LlavaSample& sample, const Template& form) {
    return test::refusal([&] { tokenise(sample, form, tokenizer(form.name == "chatml")); });
}

struct Count {
    int tokenised = 0, refused = 0, differing = 0, mismatches = 0;
};

void compare(const core::Json& one, Count& count) {
    const auto& form = find_template(one["template"].get<std::string>());
    const auto sample = sample_of(one);
    CAPTURE(form.name, sample.name);
    if (one.contains("refused")) {
        CHECK(refusal(sample, form).find(sample.name) == 0);
        ++count.refused;
        return;
    }
    if (!one["text"].is_null())
        CHECK(write_prompt(place_images(sample), form).text == one["text"].get<std::string>());
    const Ids ids = one["ids"];
    const auto& words = tokenizer(form.name == "chatml");
    for (const auto rule : {MaskRule::published, MaskRule::corrected}) {
        const bool corrected = rule == MaskRule::corrected;
        const Tokens tokens = tokenise(sample, form, words, {rule, one["most"]});
        CHECK(tokens.ids == ids);
        CHECK(tokens.labels == labels_of(ids, one[corrected ? "corrected" : "published"]));
        CHECK(tokens.mismatch == (!corrected && one["outcome"] == "mismatch"));
        count.mismatches += tokens.mismatch ? 1 : 0;
    }
    ++count.tokenised;
    count.differing += one["published"] != one["corrected"] ? 1 : 0;
}

}  // namespace

TEST_CASE("ids and labels of conversations are the reference's", "[vlm]") {
    std::map<std::string, Count> counts;
    for (const auto& one : cases()) compare(one, counts[one["template"]]);
    CHECK(counts["plain"].tokenised == 11);
    CHECK(counts["v1"].tokenised == 51);
    CHECK(counts["chatml"].tokenised == 50);
    CHECK(counts["plain"].refused == 2);
    CHECK(counts["v1"].refused == 4);
    CHECK(counts["v1"].mismatches == 13);
    CHECK(counts["v1"].differing > 10);
}

TEST_CASE("a text may begin with BOS where the tokenizer puts none in front", "[vlm]") {
    const test::TemporaryTree tree;
    tree.write("tokenizer.json", core::read_text(k_golden / "qwen/tokenizer.json"));
    tree.write("tokenizer_config.json",
               R"({"tokenizer_class": "Qwen2Tokenizer", "bos_token": "<|im_start|>"})");
    const auto smol = data::open_tokenizer(tree.root());
    REQUIRE(smol->bos == smol->id_of("<|im_start|>"));
    const std::string text = "<|im_start|>user\n<image>\nwhat<image><|im_start|>";
    const Ids ids = encode_with_images(text, *smol);
    CHECK(ids == encode_with_images(text, tokenizer(true)));
    CHECK(ids.front() == smol->bos);
    CHECK(ids.back() == smol->bos);
}

TEST_CASE("a placeholder has a line of its own in front", "[vlm]") {
    const auto placed = [](const std::string& text, const std::string& image = "a.jpg") {
        return place_images({"", image, {{"human", text}}}).turns.front().value;
    };
    CHECK(placed("what?<image>") == "<image>\nwhat?");
    CHECK(placed("<image>") == "<image>");
    CHECK(placed(" \t<image>\xc2\xa0\n") == "<image>");
    CHECK(placed("a<image>b<image> ") == "<image>\nab");
    CHECK(placed("<im<image>age>") == "<image>\n<image>");  // what is left is not looked at again
    CHECK(placed(" a ") == " a ");
    CHECK(placed("a<image>", "") == "a<image>");
}

TEST_CASE("a question is the talk up to where its answer begins", "[vlm]") {
    int compared = 0;
    for (const auto& one : cases()) {
        auto sample = place_images(sample_of(one));
        const auto& form = find_template(one["template"].get<std::string>());
        const bool ends_with_answer =
            !sample.turns.empty() && sample.turns.back().from == "gpt" && !sample.turns.back().value.empty();
        if (one.contains("refused") || form.captions || !ends_with_answer) continue;
        CAPTURE(form.name, sample.name);
        const auto whole = write_prompt(sample, form);
        sample.turns.pop_back();
        if (sample.turns.empty() || sample.turns.back().from != "human") continue;
        const auto question = write_question(sample, form);
        CHECK(whole.text.starts_with(question.text));
        CHECK(whole.answers.back().begin == question.text.size());
        CHECK(question.has_image == whole.has_image);
        ++compared;
    }
    CHECK(compared > 50);
}

TEST_CASE("questions in each template", "[vlm]") {
    const data::LlavaSample what{"some.json 1", "a.jpg", {{"human", "<image>\nwhat?"}}};
    CHECK(write_question(what, find_template("plain")).text == "<image>");
    CHECK(write_question(what, find_template("v1"))
              .text.ends_with("questions. USER: <image>\nwhat? ASSISTANT:"));
    CHECK(write_question(what, find_template("chatml"))
              .text.ends_with("<|im_start|>user\n<image>\nwhat?<|im_end|>\n<|im_start|>assistant\n"));
    const data::LlavaSample answered{"some.json 2", "", {{"human", "a"}, {"gpt", "b"}}};
    CHECK_THROWS_WITH(write_question(answered, find_template("v1")),
                      Catch::Contains("some.json 2: has no question at its end"));
    const data::LlavaSample twice{"some.json 3", "", {{"human", "a"}, {"gpt", "b"}, {"human", "c"}}};
    CHECK(write_question(twice, find_template("v1"))
              .text.ends_with("USER: a ASSISTANT: b</s>USER: c ASSISTANT:"));
    CHECK_THROWS_AS(write_question(twice, find_template("plain")), core::Error);
}

TEST_CASE("templates are known by name", "[vlm]") {
    CHECK(&find_template("vicuna_v1") == &find_template("v1"));
    CHECK(find_template("plain").captions);
    CHECK_THROWS_AS(find_template("v2"), core::Error);
}
