// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/data/tokenizer.hpp>
#include <lvr/eval/task_data.hpp>
#include <lvr/tasks/benchmark.hpp>
#include <lvr/vlm/conversation.hpp>
#include <lvr/vlm/picture_choice.hpp>

namespace lvr::eval {

/// How questions are put to a model.
struct Asking {
    const vlm::Template& form;
    const data::Tokenizer& tokenizer;
    vlm::PictureRule pictures = vlm::PictureRule::reference;
};

/// A question as the model takes it.
struct Prompt {
    std::vector<std::int64_t> ids;            ///< k_image_id for each of `pictures`
    std::vector<tasks::PictureRef> pictures;  ///< that are encoded, in the order of their places
    std::vector<tasks::PictureRef> shown;     ///< all of the question, encoded or not
    bool is_asked = true;                     ///< else the answer is "" (see vlm::PictureRule)
};

/// What a human says to the model: the context, with a place for the picture on a line of its own in front if
/// it has none.
std::string message_of(const std::string& context, bool has_picture);

/// The whole text of a talk with one question, up to where the answer begins.
std::string text_of(const std::string& context, bool has_picture, const vlm::Template& form);

/// @throws Error (input) as the benchmark's context and pictures
Prompt prompt_of(const TaskData& task, std::int64_t row, const Asking& asking);

/// The same for a question that has these pictures.
Prompt prompt_of(const std::string& context, std::vector<tasks::PictureRef> shown, const Asking& asking);

}  // namespace lvr::eval
