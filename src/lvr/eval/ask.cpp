// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/ask.hpp>

#include <algorithm>
#include <utility>

namespace lvr::eval {

std::string message_of(const std::string& context, bool has_picture) {
    const std::string mark(data::k_image_mark);
    if (!has_picture || context.find(mark) != std::string::npos) return context;
    return mark + "\n" + context;
}

std::string text_of(const std::string& context, bool has_picture, const vlm::Template& form) {
    data::LlavaSample talk{.name = "a question", .image = has_picture ? "picture" : "", .turns = {}};
    talk.turns.push_back({"human", message_of(context, has_picture)});
    return vlm::write_question(talk, form).text;
}

Prompt prompt_of(const std::string& context, std::vector<tasks::PictureRef> shown, const Asking& asking) {
    Prompt prompt{.shown = std::move(shown)};
    auto ids =
        vlm::encode_with_images(text_of(context, !prompt.shown.empty(), asking.form), asking.tokenizer);
    const auto places = std::ranges::count(ids, vlm::k_image_id);
    const auto choice = vlm::choose_pictures(asking.pictures, places, std::ssize(prompt.shown));
    prompt.is_asked = !choice.empty_answer;
    if (!prompt.is_asked) return prompt;
    for (const auto picture : choice.of_placeholder) {
        if (picture >= 0) prompt.pictures.push_back(prompt.shown[static_cast<std::size_t>(picture)]);
    }
    prompt.ids = vlm::with_chosen_pictures(std::move(ids), choice);
    return prompt;
}

Prompt prompt_of(const TaskData& task, std::int64_t row, const Asking& asking) {
    const auto& document = task.rows.document(row);
    auto shown = task.benchmark.pictures(document);
    std::erase_if(shown, [&](const tasks::PictureRef& picture) {
        return picture.may_be_missing && task.rows.pictures(row, picture.column) == 0;
    });
    return prompt_of(task.benchmark.context(document), std::move(shown), asking);
}

}  // namespace lvr::eval
