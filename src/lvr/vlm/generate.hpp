// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <lvr/vlm/mllm.hpp>

namespace lvr::vlm {

// Results in float32 on the CPU are the same to the last bit whatever the other questions are, their order,
// how many rows are computed at once, and the number of threads and ranks. In half precision and on a GPU the
// products of matrices are a library's, which may round otherwise for another number of rows; padding is
// never seen, and prompts are always computed one by one.

struct Question {
    std::vector<std::int64_t> prompt;  ///< k_image_id for images, as encode_with_images(...) gives them
    std::vector<at::Tensor> features;  ///< one for each k_image_id, [T, C] as the encoder gives them
    std::int64_t most = 128;           ///< ids of the answer, at most
};

/// What is said of a question whose logits are not numbers.
inline const std::string k_no_numbers =
    "the model's logits are not numbers: its weights are damaged, or it overflows in float16";

struct Answer {
    std::vector<std::int64_t> ids;   ///< without the one that ended it
    bool ended = false;              ///< by a stop id; else by the limit
    std::int64_t prompt_tokens = 0;  ///< positions of the prompt, images counted
    std::string problem;             ///< k_no_numbers where no answer is to be had; else empty
};

struct AnswerOptions {
    std::vector<std::int64_t> stops;  ///< ids that end an answer, such as the tokenizer's eos
    std::int64_t batch = 16;          ///< answers that are in progress at once, at most
    std::function<void()> between =
        {};  ///< called ahead of each prompt and each step; what it throws ends it
};

/// Greedy answers: the likeliest next id of float32 logits, the lowest of equal ones, again and again. As
/// soon as an answer is complete the next question takes its place. A prompt may be longer than the model's
/// max_positions, as in the reference.
/// @return an answer for each question, in their order
/// @throws Error (input) naming the question (its number, from 1): an empty prompt, not as many features as
/// placeholders, features or ids that do not fit the model
std::vector<Answer> answer(const Mllm& model, std::span<const Question> questions,
                           const AnswerOptions& options);

struct LogLikelihood {
    double sum = 0;  ///< natural logarithm
    std::int64_t tokens = 0;
};

/// Of each question's continuation: the sum of log p(id | prompt and the ids before it), the logits of the
/// model's dtype, the rest in double.
/// @param ids of the continuations, one list for each question, not empty (`most` means nothing here)
/// @throws Error (input) as answer; for logits that are not numbers
std::vector<LogLikelihood> log_likelihoods(const Mllm& model, std::span<const Question> questions,
                                           std::span<const std::vector<std::int64_t>> ids);

struct GenerateOptions {
    std::int64_t most = 128;          ///< ids of the answer, at most
    std::vector<std::int64_t> stops;  ///< ids that end it, such as the tokenizer's eos
};

/// One answer's ids. @param features as forward takes them @throws Error (input) as answer
std::vector<std::int64_t> generate(const Mllm& model, std::span<const std::int64_t> prompt,
                                   std::span<const at::Tensor> features, const GenerateOptions& options);

}  // namespace lvr::vlm
