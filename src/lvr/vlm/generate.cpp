// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/generate.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/log_softmax.h>

#include <algorithm>

#include <lvr/core/error.hpp>

namespace lvr::vlm {
namespace {

std::vector<at::Tensor> features_of(const Question& question) {
    if (std::ranges::find(question.prompt, k_image_id) == question.prompt.end()) return {at::Tensor()};
    return question.features;
}

Tokens tokens_of(std::vector<std::int64_t> ids) {
    const auto count = ids.size();
    return {std::move(ids), std::vector<std::int64_t>(count, k_ignore_label)};
}

Answer answer_one(const Mllm& model, const Question& question, const AnswerOptions& options) {
    core::ensure(!question.prompt.empty(), "a prompt to go on from");
    const auto features = features_of(question);
    auto tokens = tokens_of(question.prompt);
    Answer answer;
    while (std::ssize(answer.ids) < question.most) {
        if (options.between) options.between();
        const auto hidden_BLD = forward(model, std::span(&tokens, 1), features).hidden_BLD;
        answer.prompt_tokens = hidden_BLD.size(1) - std::ssize(answer.ids);
        const auto id = nn::logits(model.llm, hidden_BLD[0][-1]).argmax().item<std::int64_t>();
        answer.ended = std::ranges::find(options.stops, id) != options.stops.end();
        if (answer.ended) break;
        answer.ids.push_back(id);
        tokens.ids.push_back(id);
        tokens.labels.push_back(k_ignore_label);
    }
    return answer;
}

}  // namespace

std::vector<Answer> answer(const Mllm& model, std::span<const Question> questions,
                           const AnswerOptions& options) {
    const at::NoGradGuard nothing_recorded;
    std::vector<Answer> answers;
    for (const auto& question : questions) answers.push_back(answer_one(model, question, options));
    return answers;
}

std::vector<LogLikelihood> log_likelihoods(const Mllm& model, std::span<const Question> questions,
                                           std::span<const std::vector<std::int64_t>> ids) {
    core::ensure(questions.size() == ids.size(), "a continuation for each question");
    const at::NoGradGuard nothing_recorded;
    std::vector<LogLikelihood> found;
    for (std::size_t i = 0; i < questions.size(); ++i) {
        auto all = questions[i].prompt;
        all.insert(all.end(), ids[i].begin(), ids[i].end());
        const auto tokens = tokens_of(all);
        const auto hidden_BLD = forward(model, std::span(&tokens, 1), features_of(questions[i])).hidden_BLD;
        const auto count = std::ssize(ids[i]);
        const auto hidden_LD = hidden_BLD[0].narrow(0, hidden_BLD.size(1) - count - 1, count);
        const auto all_LV = nn::logits(model.llm, hidden_LD).to(at::kDouble).log_softmax(-1);
        LogLikelihood one{.tokens = count};
        for (std::int64_t k = 0; k < count; ++k)
            one.sum += all_LV[k][ids[i][static_cast<std::size_t>(k)]].item<double>();
        found.push_back(one);
    }
    return found;
}

std::vector<std::int64_t> generate(const Mllm& model, std::span<const std::int64_t> prompt,
                                   std::span<const at::Tensor> features, const GenerateOptions& options) {
    const Question question{{prompt.begin(), prompt.end()}, {features.begin(), features.end()}, options.most};
    return answer(model, std::span(&question, 1), {.stops = options.stops}).front().ids;
}

}  // namespace lvr::vlm
