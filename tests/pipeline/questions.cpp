// SPDX-License-Identifier: Apache-2.0
#include "questions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>

namespace lvr::test {
namespace {

using core::Json;

constexpr std::string_view k_letters = "ABCD";

/// A question with a right answer among some.
struct Choice {
    std::string text;
    std::vector<std::string> options;
    std::size_t right = 0;

    std::string letter() const { return std::string(1, k_letters[right]); }
    /// "['red', 'green']"
    std::string literal() const { return "['" + fmt::format("{}", fmt::join(options, "', '")) + "']"; }
};

template <class Names>
Choice choice_of(std::string text, const Names& names, std::string_view right, core::KeyedRng& draw) {
    Choice choice{std::move(text), {names.begin(), names.end()}};
    draw.shuffle(choice.options);
    choice.right =
        static_cast<std::size_t>(std::ranges::find(choice.options, right) - choice.options.begin());
    return choice;
}

Choice choice_about(const Drawing& drawing, core::KeyedRng& draw) {
    if (draw.below(2) == 0) return choice_of("Which colour is the shape?", k_colours, drawing.colour, draw);
    return choice_of("Which shape is it?", k_shapes, drawing.shape, draw);
}

/// A question, and what all ten people said.
std::pair<std::string, std::string> open_question(const Drawing& drawing, core::KeyedRng& draw) {
    switch (draw.below(3)) {
        case 0:
            return {"what colour is the shape?", std::string(drawing.colour)};
        case 1:
            return {"what shape is it?", std::string(drawing.shape)};
        default:
            return {"on which side is it?", std::string(drawing.side)};
    }
}

/// Another name than that one.
template <class Names>
std::string_view another(const Names& names, std::string_view than, core::KeyedRng& draw) {
    const auto at = static_cast<std::size_t>(std::ranges::find(names, than) - names.begin());
    return names[(at + 1 + draw.below(names.size() - 1)) % names.size()];
}

struct Asked {
    const Drawing& drawing;
    int number;
    core::KeyedRng& draw;
    std::vector<Question>& questions;

    void add(Json document, std::string answer) const {
        document["image"] = "../../pictures/" + drawing.file;
        questions.push_back({std::move(document), std::move(answer), drawing.file});
    }
};

void ask_mme(const Asked& asked) {
    const Drawing& it = asked.drawing;
    const bool colours = asked.number % 2 == 0;
    const std::string category = colours ? "color" : "existence";
    const std::string_view right = colours ? it.colour : it.shape;
    const std::string_view wrong =
        colours ? another(k_colours, right, asked.draw) : another(k_shapes, right, asked.draw);
    for (const auto& [name, answer] : {std::pair{right, "Yes"}, std::pair{wrong, "No"}}) {
        const std::string text = colours ? fmt::format("Is the shape {}?", name)
                                         : fmt::format("Is there a {} in this picture?", name);
        asked.add({{"question_id", fmt::format("{}/{:04}.png", category, asked.number)},
                   {"question", text + " Please answer yes or no."},
                   {"answer", answer},
                   {"category", category}},
                  answer);
    }
}

/// Of two options: all rotations have to be right.
void ask_mmbench(const Asked& asked) {
    const std::string_view right = asked.drawing.colour;
    const std::array options = {right, another(k_colours, right, asked.draw)};
    Choice choice = choice_of("Which colour is the shape?", options, right, asked.draw);
    const std::size_t turns = choice.options.size();
    for (std::size_t turn = 0; turn < turns; ++turn) {
        Json document = {{"index", asked.number + 1 + 1'000'000 * static_cast<std::int64_t>(turn)},
                         {"question", choice.text},
                         {"hint", "nan"},
                         {"answer", choice.letter()}};
        for (std::size_t i = 0; i < k_letters.size(); ++i)
            document[std::string(1, k_letters[i])] = i < turns ? choice.options[i] : "nan";
        document.update({{"category", "drawn"},
                         {"source", "drawn"},
                         {"L2-category", "drawn"},
                         {"comment", "nan"},
                         {"split", "dev"}});
        asked.add(std::move(document), choice.letter());
        std::ranges::rotate(choice.options, choice.options.begin() + 1);
        choice.right = (choice.right + turns - 1) % turns;
    }
}

void ask_mmmu(const Asked& asked) {
    constexpr std::array k_subjects = {"Art", "Math", "Finance", "Biology"};
    const Choice choice = choice_about(asked.drawing, asked.draw);
    const bool open = asked.number % 4 == 3;
    Json document = {
        {"id", fmt::format("validation_{}_{}", k_subjects[static_cast<std::size_t>(asked.number) % 4],
                           asked.number / 4 + 1)},
        {"question", "<image 1> " + choice.text},
        {"options", open ? "[]" : choice.literal()},
        {"explanation", ""},
        {"image_1", "../../pictures/" + asked.drawing.file},
        {"img_type", "['Drawing']"},
        {"answer", open ? choice.options[choice.right] : choice.letter()},
        {"topic_difficulty", "Easy"},
        {"question_type", open ? "open" : "multiple-choice"},
        {"subfield", "drawn"}};
    std::string answer = document["answer"];
    asked.questions.push_back({std::move(document), std::move(answer), asked.drawing.file});
}

void ask_open(const Asked& asked) {
    const auto [text, answer] = open_question(asked.drawing, asked.draw);
    asked.add({{"question_id", std::to_string(asked.number)},
               {"question", text},
               {"answers", std::vector<std::string>(10, answer)}},
              answer);
}

void ask_textvqa(const Asked& asked) {
    ask_open(asked);
    asked.questions.back().document["question_id"] = asked.number;  // a number here
}

void ask_scienceqa(const Asked& asked) {
    const Choice choice = choice_about(asked.drawing, asked.draw);
    asked.add({{"question", choice.text},
               {"choices", choice.options},
               {"answer", choice.right},
               {"hint", asked.number % 3 == 0 ? "It is a drawing." : ""},
               {"subject", "drawn"}},
              choice.letter());
}

void ask_seed(const Asked& asked) {
    const Choice choice =
        choice_of("Which colour is the shape?", k_colours, asked.drawing.colour, asked.draw);
    Json document = {{"question_id", std::to_string(asked.number)},
                     {"data_type", "image"},
                     {"question", choice.text},
                     {"answer", choice.letter()}};
    for (std::size_t i = 0; i < k_letters.size(); ++i)
        document[fmt::format("choice_{}", "abcd"[i])] = choice.options[i];
    asked.add(std::move(document), choice.letter());
}

}  // namespace

std::vector<Question> questions_of(std::string_view task, std::span<const Drawing> drawings) {
    static const std::map<std::string_view, std::function<void(const Asked&)>> k_ask = {
        {"mmbench_en_dev", ask_mmbench},  {"mme", ask_mme},
        {"mmmu_val", ask_mmmu},           {"ok_vqa_val2014", ask_open},
        {"textvqa_val", ask_textvqa},     {"vizwiz_vqa_val", ask_open},
        {"scienceqa_img", ask_scienceqa}, {"seedbench", ask_seed}};
    std::vector<Question> questions;
    for (std::size_t i = 0; i < drawings.size(); ++i) {
        core::KeyedRng draw(0, {"question", task, drawings[i].file});
        k_ask.at(task)({drawings[i], static_cast<int>(i), draw, questions});
    }
    return questions;
}

}  // namespace lvr::test
