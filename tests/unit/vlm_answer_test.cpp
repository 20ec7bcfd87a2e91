// SPDX-License-Identifier: Apache-2.0
// Answers of many questions at once: independent of each other, and what is refused.
#include <ATen/Parallel.h>
#include <ATen/ops/full.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <set>

#include <lvr/vlm/generate.hpp>
#include <lvr/vlm/picture_choice.hpp>

#include "unit/llava_fixture.hpp"
#include "unit/refusal.hpp"

using namespace lvr;
using Ids = std::vector<std::int64_t>;

namespace {

std::vector<vlm::Question> questions_for(const test::TinyLlava& tiny, std::int64_t count) {
    std::vector<vlm::Question> questions;
    std::uint64_t state = 5;
    const auto draw = [&](std::int64_t below) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::int64_t>((state >> 33) % static_cast<std::uint64_t>(below));
    };
    for (std::int64_t i = 0; i < count; ++i) {
        vlm::Question one;
        one.most = draw(20);
        for (std::int64_t k = 0, length = 3 + draw(40); k < length; ++k) one.prompt.push_back(3 + draw(55));
        for (std::int64_t pictures = draw(3); pictures > 0; --pictures) {
            one.prompt.insert(one.prompt.begin() + draw(3), vlm::k_image_id);
            one.features.push_back(tiny.features_ITC[draw(4)]);
        }
        questions.push_back(one);
    }
    return questions;
}

void check_same(const std::vector<vlm::Answer>& ours, const std::vector<vlm::Answer>& wanted) {
    REQUIRE(ours.size() == wanted.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        CAPTURE(i);
        CHECK(ours[i].ids == wanted[i].ids);
        CHECK(ours[i].ended == wanted[i].ended);
        CHECK(ours[i].prompt_tokens == wanted[i].prompt_tokens);
    }
}

}  // namespace

TEST_CASE(
    "an answer depends neither on the batch, nor on its neighbours, nor on the order, nor on the threads") {
    const int before = at::get_num_threads();
    for (const std::string name : {"llama", "qwen2"}) {
        const test::TinyLlava tiny(name);
        const auto model = vlm::make_mllm(tiny.config, tiny.store);
        auto questions = questions_for(tiny, 60);
        const vlm::AnswerOptions alone = {.stops = {2, 10, 17, 23, 30, 37, 44, 51}, .batch = 1};
        const auto wanted = vlm::answer(model, questions, alone);
        std::set<Ids> different;
        std::int64_t ended = 0, limited = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            different.insert(wanted[i].ids);
            ended += wanted[i].ended ? 1 : 0;
            limited += std::ssize(wanted[i].ids) == questions[i].most ? 1 : 0;
            CHECK(wanted[i].ended == (std::ssize(wanted[i].ids) < questions[i].most));
        }
        CHECK(different.size() > 40);
        CHECK(ended > 10);
        CHECK(limited > 10);
        const std::vector<Ids> continuations(questions.size(), Ids{5, 6, 7});
        const auto likely = vlm::log_likelihoods(model, questions, continuations);
        for (const int threads : {1, 2}) {
            at::set_num_threads(threads);
            for (const std::int64_t batch : {2, 4, 16, 100})
                check_same(vlm::answer(model, questions, {.stops = alone.stops, .batch = batch}), wanted);
            const auto again = vlm::log_likelihoods(model, questions, continuations);
            for (std::size_t i = 0; i < again.size(); ++i) CHECK(again[i].sum == likely[i].sum);
        }
        at::set_num_threads(before);
        std::ranges::reverse(questions);
        auto reversed = vlm::answer(model, questions, {.stops = alone.stops, .batch = 7});
        std::ranges::reverse(reversed);
        check_same(reversed, wanted);
    }
}

TEST_CASE("a continuation's likelihood is that of forward's logits") {
    const test::TinyLlava tiny("llama");
    const auto model = vlm::make_mllm(tiny.config, tiny.store);
    const auto questions = questions_for(tiny, 20);
    int compared = 0;
    for (const auto& question : questions) {
        const Ids ids = {9, 58, 2};
        const auto found = vlm::log_likelihoods(model, std::span(&question, 1), std::span(&ids, 1)).front();
        vlm::Tokens tokens{question.prompt, {}};
        tokens.ids.insert(tokens.ids.end(), ids.begin(), ids.end());
        tokens.labels.assign(question.prompt.size(), vlm::k_ignore_label);
        tokens.labels.insert(tokens.labels.end(), ids.begin(), ids.end());
        const auto features = question.features.empty() ? std::vector<at::Tensor>(1) : question.features;
        const auto loss = vlm::loss(model, std::span(&tokens, 1), features).item<double>();
        CHECK(found.tokens == 3);
        CHECK(found.sum == Approx(-3 * loss).epsilon(1e-5));
        ++compared;
    }
    CHECK(compared == 20);
}

TEST_CASE("half precision answers too, and the text of a question without a placeholder alone") {
    const test::TinyLlava tiny("llama");
    weights::WeightStore store;
    for (const auto& [name, tensor] : tiny.store.all()) store.put(name, tensor.to(at::kBFloat16));
    const auto model = vlm::make_mllm(tiny.config, store);
    auto questions = questions_for(tiny, 12);
    for (auto& one : questions) one.most = 5;
    const auto answers = vlm::answer(model, questions, {.batch = 4});
    for (const auto& one : answers) CHECK(one.ids.size() == 5);
    std::vector<vlm::Question> text = {{{1, 5, 6}, {}, 5}, {{1, 5, 6}, {tiny.features_ITC[0]}, 5}};
    const auto same = vlm::answer(model, text, {});
    CHECK(same[0].ids == same[1].ids);
    CHECK(same[0].prompt_tokens == 3);
    CHECK(vlm::answer(model, {}, {}).empty());
}

TEST_CASE("what cannot be answered is named") {
    const test::TinyLlava tiny("llama");
    const auto model = vlm::make_mllm(tiny.config, tiny.store);
    const auto said = [&](const vlm::Question& second, const vlm::Mllm& asked) {
        const std::vector<vlm::Question> both = {{{1, 5}, {}, 3}, second};
        return test::refusal([&] { vlm::answer(asked, both, {.batch = 2}); });
    };
    const auto picture = tiny.features_ITC[0];
    CHECK_THAT(said({{}, {}, 3}, model), Catch::Contains("question 2 is empty"));
    CHECK_THAT(said({{1, 60}, {}, 3}, model), Catch::Contains("question 2 has the id 60, beyond the 60"));
    CHECK_THAT(said({{1, -1}, {}, 3}, model), Catch::Contains("question 2 has the id -1"));
    CHECK_THAT(said({{1, vlm::k_image_id}, {}, 3}, model), Catch::Contains("question 2 has 1 placeholders"));
    CHECK_THAT(said({{1, vlm::k_image_id}, {picture, picture}, 3}, model), Catch::Contains("and 2 pictures"));
    CHECK_THAT(said({{1, vlm::k_image_id}, {at::Tensor()}, 3}, model),
               Catch::Contains("question 2 has features"));
    CHECK_THAT(said({{1, vlm::k_image_id}, {picture.narrow(1, 0, 5)}, 3}, model),
               Catch::Contains("are not of 24 channels"));
    const auto broken = at::full({9, 24}, std::numeric_limits<double>::quiet_NaN(), picture.options());
    const std::vector<vlm::Question> questions = {
        {{1, 5}, {}, 3}, {{1, vlm::k_image_id}, {broken}, 3}, {{1, 5}, {}, 3}};
    const auto answers = vlm::answer(model, questions, {.stops = {}, .batch = 2});
    CHECK_THAT(answers[1].problem, Catch::Contains("logits are not numbers"));
    CHECK(answers[1].ids.empty());
    CHECK((answers[0].problem.empty() && answers[0].ids.size() == 3 && answers[0].ids == answers[2].ids));
    const vlm::Question question = {{1, 5}, {}, 3};
    const Ids none;
    CHECK_THAT(
        test::refusal([&] { vlm::log_likelihoods(model, std::span(&question, 1), std::span(&none, 1)); }),
        Catch::Contains("question 1 has no continuation"));
}

TEST_CASE("which pictures are encoded") {
    using vlm::PictureRule;
    const auto choice = [](PictureRule rule, std::int64_t placeholders, std::int64_t pictures) {
        return vlm::choose_pictures(rule, placeholders, pictures);
    };
    for (const auto rule : {PictureRule::reference, PictureRule::all, PictureRule::first}) {
        for (const std::int64_t pictures : {0, 1, 3}) {
            CHECK(choice(rule, 0, pictures).of_placeholder.empty());
            CHECK_FALSE(choice(rule, 0, pictures).empty_answer);
        }
        CHECK(choice(rule, 1, 1).of_placeholder == Ids{0});
        CHECK(choice(rule, 1, 4).of_placeholder == Ids{0});
        CHECK(choice(rule, 1, 0).empty_answer);
    }
    CHECK(choice(PictureRule::reference, 2, 2).empty_answer);
    CHECK(choice(PictureRule::all, 3, 2).empty_answer);
    CHECK(choice(PictureRule::all, 3, 3).of_placeholder == Ids{0, 1, 2});
    const auto first = choice(PictureRule::first, 3, 1);
    CHECK(first.of_placeholder == Ids{0, -1, -1});
    CHECK_FALSE(first.empty_answer);
    constexpr auto k_image = vlm::k_image_id;
    CHECK(vlm::with_chosen_pictures({1, k_image, 2, k_image, k_image, 3}, first) == Ids{1, k_image, 2, 3});
    CHECK(vlm::picture_rule_named("first") == PictureRule::first);
    CHECK_THAT(test::refusal(core::ErrorKind::usage, [] { vlm::picture_rule_named("frist"); }),
               Catch::Contains("'frist'"));
}
