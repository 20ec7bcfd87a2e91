// SPDX-License-Identifier: Apache-2.0
// Talks to ids and labels, against tests/reference/conversations.py.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>

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

core::Json cases(const std::string& file = "conversations.json") {
    return core::parse_json(core::read_text(k_golden / file), file);
}

const data::Tokenizer& tokenizer(bool qwen) {
    static const auto llama_one = data::open_tokenizer(k_golden / "llama");
    static const auto qwen_one = data::open_tokenizer(k_golden / "qwen");
    return qwen ? *qwen_one : *llama_one;
}

/// Another tokenizer, and how many bytes it was given.
class Counting final : public data::Tokenizer {
  public:
    explicit Counting(const data::Tokenizer& other) : other_(other) {
        bos = other.bos, eos = other.eos, pad = other.pad, unk = other.unk, legacy = other.legacy;
    }
    Ids encode(std::string_view text, bool add_special) const override {
        bytes += text.size();
        return other_.encode(text, add_special);
    }
    std::string decode(std::span<const std::int64_t> ids, bool skip_special) const override {
        return other_.decode(ids, skip_special);
    }
    std::int64_t vocabulary() const override { return other_.vocabulary(); }
    std::optional<std::int64_t> id_of(std::string_view token) const override { return other_.id_of(token); }

    mutable std::size_t bytes = 0;

  private:
    const data::Tokenizer& other_;
};

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

std::string refusal(const data::LlavaSample& sample, const Template& form, const data::Tokenizer& words) {
    return test::refusal([&] { tokenise(sample, form, words); });
}

struct Count {
    int tokenised = 0, refused = 0, differing = 0, mismatches = 0;
};

void compare(const core::Json& one, const data::Tokenizer& words, Count& count) {
    const auto& form = find_template(one["template"].get<std::string>());
    const auto sample = sample_of(one);
    CAPTURE(form.name, sample.name);
    if (one.contains("refused")) {
        CHECK(refusal(sample, form, words).find(sample.name) == 0);
        ++count.refused;
        return;
    }
    if (!one["text"].is_null())
        CHECK(write_prompt(place_images(sample), form).text == one["text"].get<std::string>());
    const Ids ids = one["ids"];
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
    for (const auto& one : cases())
        compare(one, tokenizer(one["template"] == "chatml"), counts[one["template"]]);
    CHECK(counts["plain"].tokenised == 11);
    CHECK(counts["v1"].tokenised == 51);
    CHECK(counts["chatml"].tokenised == 50);
    CHECK(counts["plain"].refused == 2);
    CHECK(counts["v1"].refused == 4);
    CHECK(counts["v1"].mismatches == 13);
    CHECK(counts["v1"].differing > 10);
}

TEST_CASE("with LLaMA's older rule for spaces, too", "[vlm]") {
    const auto legacy = data::open_tokenizer(k_golden / "llama_legacy");
    REQUIRE(legacy->legacy);
    CHECK_FALSE(tokenizer(false).legacy);
    Count count;
    for (const auto& one : cases("legacy.json")) compare(one, *legacy, count);
    CHECK(count.tokenised == 49);
    CHECK(count.refused == 4);
    CHECK(count.mismatches == 13);
}

TEST_CASE("corrected masks take time as a talk is long", "[vlm]") {
    int counted = 0;
    for (const char* name : {"v1", "chatml"}) {
        data::LlavaSample talk{
            "a long talk", "a.jpg", {{"human", "<image>\nWhat is it?"}, {"gpt", "A dog."}}};
        for (int i = 0; i < 300; ++i) {
            talk.turns.push_back({"human", i % 7 == 0 ? "And <image> this?" : "And the </s> sky?"});
            talk.turns.push_back({"gpt", "Blue."});
        }
        const auto& form = find_template(name);
        const Counting words(tokenizer(form.name == "chatml"));
        const auto text = write_prompt(place_images(talk), form).text;
        const auto tokens = tokenise(talk, form, words, {MaskRule::corrected, 2048});
        CHECK(words.bytes < 5 * text.size());
        CHECK(std::count_if(tokens.labels.begin(), tokens.labels.end(),
                            [](std::int64_t label) { return label >= 0; }) > 600);
        ++counted;
    }
    // A tokenizer without that mark looks at no more than the ids that are kept.
    data::LlavaSample talk{"a long talk", "a.jpg", {}};
    for (int i = 0; i < 2000; ++i) talk.turns.push_back({i % 2 == 0 ? "human" : "gpt", "Blue."});
    const Counting words(tokenizer(true));
    tokenise(talk, find_template("v1"), words, {MaskRule::corrected, 100});
    CHECK(words.bytes < 4 * write_prompt(talk, find_template("v1")).text.size());
    CHECK(counted == 2);
}

TEST_CASE("published masks are refused where a tokenizer's ids cannot be counted", "[vlm]") {
    const auto& v1 = find_template("v1");
    const auto legacy = data::open_tokenizer(k_golden / "llama_legacy");
    CHECK_NOTHROW(check_form(v1, MaskRule::published, tokenizer(false)));
    CHECK_NOTHROW(check_form(v1, MaskRule::published, *legacy));
    CHECK_NOTHROW(check_form(v1, MaskRule::corrected, tokenizer(true)));
    CHECK_NOTHROW(check_form(find_template("chatml"), MaskRule::published, tokenizer(true)));
    CHECK_THROWS_WITH(check_form(v1, MaskRule::published, tokenizer(true)),
                      Catch::Contains("does not put its BOS") && Catch::Contains("--masks corrected") &&
                          Catch::Contains("--finetune-form chatml"));
    const test::TemporaryTree tree;
    tree.write("tokenizer.model", core::read_text(k_golden / "llama/tokenizer.model"));
    const auto with = [&](const std::string& settings) {
        tree.write("tokenizer_config.json", settings);
        return data::open_tokenizer(tree.root());
    };
    const auto ends = with(R"({"legacy": false, "eos_token": "<unk>"})");
    REQUIRE(ends->encode("</s>", false).size() > 1);
    CHECK_THROWS_WITH(check_form(v1, MaskRule::published, *ends), Catch::Contains("more than one id"));
    CHECK_THROWS_WITH(
        check_form(v1, MaskRule::published, *with(R"({"legacy": false, "add_eos_token": true})")),
        Catch::Contains("BOS alone"));
    CHECK_THROWS_WITH(
        check_form(v1, MaskRule::published, *with(R"({"legacy": false, "add_prefix_space": false})")),
        Catch::Contains("a round by itself"));
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
