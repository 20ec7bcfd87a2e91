// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/generate.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max.h>
#include <ATen/ops/where.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/kernels/decoder_rows.hpp>
#include <lvr/nn/kv_cache.hpp>
#include <lvr/nn/row_layers.hpp>

namespace lvr::vlm {
namespace {

using Ids = std::vector<std::int64_t>;

[[noreturn]] void refuse(std::size_t question, const std::string& problem) {
    throw core::input_error(fmt::format("question {} {}", question + 1, problem), "it cannot be answered",
                            "check the tokenizer and the representation against the model");
}

/// @param where which question, from 0
at::Tensor embedded(const nn::Llama& llm, std::span<const std::int64_t> ids, std::size_t where) {
    const auto tensor = at::empty({std::ssize(ids)}, at::kLong);
    for (const auto id : ids)
        if (id < 0 || id >= llm.config.vocabulary)
            refuse(where,
                   fmt::format("has the id {}, beyond the {} of the model", id, llm.config.vocabulary));
    std::ranges::copy(ids, tensor.mutable_data_ptr<std::int64_t>());
    return at::embedding(llm.embedding_VD, tensor.to(llm.embedding_VD.device()));
}

at::Tensor projected(const Mllm& model, const at::Tensor& features_TC, std::size_t where) {
    if (!features_TC.defined() || features_TC.dim() != 2 || features_TC.size(1) != model.projector.inputs())
        refuse(where, fmt::format("has features that are not of {} channels", model.projector.inputs()));
    const auto fitting = features_TC.to(model.llm.embedding_VD.options()).contiguous();
    return nn::rows_through(model.projector, fitting);
}

/// @return [M, D]: of the ids, and of a placeholder its picture's
at::Tensor prompt_embeddings(const Mllm& model, const Question& question, std::size_t where) {
    if (question.prompt.empty()) refuse(where, "is empty");
    const auto places = std::ranges::count(question.prompt, k_image_id);
    if (places != 0 && places != std::ssize(question.features))
        refuse(where, fmt::format("has {} placeholders, and {} pictures' features", places,
                                  question.features.size()));
    std::vector<at::Tensor> pieces;
    std::size_t picture = 0;
    for (auto at = question.prompt.begin(); at != question.prompt.end();) {
        const auto next = std::find(at, question.prompt.end(), k_image_id);
        if (next != at) pieces.push_back(embedded(model.llm, {at, next}, where));
        at = next;
        if (at == question.prompt.end()) break;
        pieces.push_back(projected(model, question.features[picture++], where));
        ++at;
    }
    const auto all_MD = at::cat(pieces);
    if (all_MD.size(0) == 0) refuse(where, "is empty");
    return all_MD;
}

at::Tensor logits_of(const nn::Llama& llm, const at::Tensor& hidden_MD) {
    return nn::rows_through(nn::Linear{llm.head_VD, {}}, hidden_MD).to(at::kFloat);
}

/// Of each row; -1 where a logit is no number.
Ids likeliest(const nn::Llama& llm, const at::Tensor& hidden_RD) {
    const auto logits_RV = logits_of(llm, hidden_RD);
    Ids ids(static_cast<std::size_t>(logits_RV.size(0)));
    if (logits_RV.is_cpu()) {
        kernels::argmax_rows(logits_RV, ids);
        return ids;
    }
    const auto [most_R, at_R] = at::max(logits_RV, 1);
    const auto found_R = at::where(most_R.isnan(), -1, at_R).cpu();
    std::copy_n(found_R.const_data_ptr<std::int64_t>(), ids.size(), ids.begin());
    return ids;
}

/// Answers in progress are the rows 0, 1, 2, ... of the cache.
class Answering {
  public:
    Answering(const Mllm& model, std::span<const Question> questions, const AnswerOptions& options)
        : model_(model),
          questions_(questions),
          options_(options),
          answers_(questions.size()),
          cache_(nn::make_kv_cache(model.llm,
                                   std::clamp<std::int64_t>(std::ssize(questions), 1, options.batch))) {}

    std::vector<Answer> run() {
        while (std::ssize(rows_) < std::ssize(cache_.lengths) && waiting_ < questions_.size())
            begin_next(rows_.size());
        while (!rows_.empty()) step();
        return std::move(answers_);
    }

  private:
    /// The next waiting question, in a row that is free, or behind the last one. @return false if it is
    /// answered
    bool begin_next(std::size_t row) {
        if (options_.between) options_.between();
        const std::size_t question = waiting_++;
        const auto prompt_MD = prompt_embeddings(model_, questions_[question], question);
        answers_[question].prompt_tokens = prompt_MD.size(0);
        if (questions_[question].most <= 0) return false;
        cache_.lengths[row] = 0;
        nn::reserve(cache_, model_.llm, prompt_MD.size(0) + 1);
        const nn::Extension extension = {static_cast<std::int64_t>(row), prompt_MD.size(0)};
        const auto hidden_1D = nn::llama_extend(model_.llm, prompt_MD, std::span(&extension, 1), cache_);
        if (!goes_on(question, likeliest(model_.llm, hidden_1D).front())) return false;
        if (row == rows_.size())
            rows_.push_back(question);
        else
            rows_[row] = question;
        return true;
    }

    /// Adds an id to an answer, or ends it.
    bool goes_on(std::size_t question, std::int64_t id) {
        auto& answer = answers_[question];
        if (id < 0) {
            answer.ids.clear();
            answer.problem = k_no_numbers;
            return false;
        }
        answer.ended = std::ranges::find(options_.stops, id) != options_.stops.end();
        if (!answer.ended) answer.ids.push_back(id);
        return !answer.ended && std::ssize(answer.ids) < questions_[question].most;
    }

    void step() {
        if (options_.between) options_.between();
        Ids last;
        std::vector<nn::Extension> extensions;
        for (const std::size_t question : rows_) {
            extensions.push_back({std::ssize(last), 1});
            last.push_back(answers_[question].ids.back());
        }
        const auto longest =
            *std::max_element(cache_.lengths.begin(), cache_.lengths.begin() + std::ssize(rows_));
        nn::reserve(cache_, model_.llm, longest + 1);
        const auto hidden_RD =
            nn::llama_extend(model_.llm, embedded(model_.llm, last, rows_.front()), extensions, cache_);
        const auto ids = likeliest(model_.llm, hidden_RD);
        for (auto row = rows_.size(); row-- > 0;)  // from the last on, which may take the place of another
            if (!goes_on(rows_[row], ids[row])) replace(row);
    }

    void replace(std::size_t row) {
        while (waiting_ < questions_.size())
            if (begin_next(row)) return;
        cache_.lengths[row] = 0;
        const auto end = rows_.size() - 1;
        if (row != end) nn::move_row(cache_, static_cast<std::int64_t>(end), static_cast<std::int64_t>(row));
        rows_[row] = rows_[end];
        rows_.pop_back();
    }

    const Mllm& model_;
    std::span<const Question> questions_;
    const AnswerOptions& options_;
    std::vector<Answer> answers_;
    nn::KvCache cache_;
    std::vector<std::size_t> rows_;  ///< the question of each row
    std::size_t waiting_ = 0;        ///< the first that has not begun
};

double log_probability(const float* logits, std::int64_t count, std::int64_t id) {
    const auto most = static_cast<double>(*std::max_element(logits, logits + count));
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += std::exp(static_cast<double>(logits[i]) - most);
    return static_cast<double>(logits[id]) - most - std::log(sum);
}

}  // namespace

std::vector<Answer> answer(const Mllm& model, std::span<const Question> questions,
                           const AnswerOptions& options) {
    core::ensure(options.batch > 0, "at least one answer at a time");
    const c10::InferenceMode guard;
    return Answering(model, questions, options).run();
}

std::vector<LogLikelihood> log_likelihoods(const Mllm& model, std::span<const Question> questions,
                                           std::span<const std::vector<std::int64_t>> ids) {
    core::ensure(questions.size() == ids.size(), "a continuation for each question");
    const c10::InferenceMode guard;
    auto cache = nn::make_kv_cache(model.llm, 1);
    std::vector<LogLikelihood> found;
    for (std::size_t i = 0; i < questions.size(); ++i) {
        const auto count = std::ssize(ids[i]);
        if (count == 0) refuse(i, "has no continuation");
        const auto prompt_MD = prompt_embeddings(model, questions[i], i);
        const auto all_MD = at::cat({prompt_MD, embedded(model.llm, ids[i], i)});
        cache.lengths.front() = 0;
        nn::reserve(cache, model.llm, all_MD.size(0));
        const nn::Extension extension = {0, all_MD.size(0)};
        const auto hidden_MD =
            nn::llama_extend(model.llm, all_MD, std::span(&extension, 1), cache, nn::Wanted::all);
        const auto logits_LV =
            logits_of(model.llm, hidden_MD.narrow(0, prompt_MD.size(0) - 1, count)).cpu().contiguous();
        LogLikelihood one{.tokens = count};
        for (std::int64_t k = 0; k < count; ++k)
            one.sum += log_probability(logits_LV.const_data_ptr<float>() + k * logits_LV.size(1),
                                       logits_LV.size(1), ids[i][static_cast<std::size_t>(k)]);
        if (!std::isfinite(one.sum)) refuse(i, "has logits that are not numbers");
        found.push_back(one);
    }
    return found;
}

std::vector<std::int64_t> generate(const Mllm& model, std::span<const std::int64_t> prompt,
                                   std::span<const at::Tensor> features, const GenerateOptions& options) {
    const Question question{{prompt.begin(), prompt.end()}, {features.begin(), features.end()}, options.most};
    const auto found = answer(model, std::span(&question, 1), {.stops = options.stops}).front();
    if (!found.problem.empty()) refuse(0, "has no answer: " + found.problem);
    return found.ids;
}

}  // namespace lvr::vlm
