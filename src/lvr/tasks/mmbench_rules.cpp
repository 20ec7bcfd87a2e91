// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <lvr/data/unicode_text.hpp>
#include <lvr/data/white_space.hpp>
#include <lvr/tasks/mmbench_answer.hpp>
#include <lvr/tasks/python_text.hpp>

namespace lvr::tasks {
namespace {

constexpr std::string_view k_phrases[] = {
    "the answer is", "answer is", "the correct answer is", "correct answer is", "the best answer is",
    "best answer is", "the correct option is", "correct option is", "the best option is", "best option is",
    "the choice is", "choice is", "the correct choice is", "correct choice is", "i choose", "i select",
    "i pick", "my answer is", "my choice is",
    // Korean, Chinese, Japanese
    "옵션", "정답은", "답은", "답:", "答案是", "答案为", "选", "答えは"};

/// How sure a place is to name the answer.
enum Confidence : int {
    anywhere = 0,
    before_space = 2,
    before_bracket,
    before_colon,
    before_period,
    in_brackets,
    after_phrase,
    at_end = 9,
    at_start
};

class Search {
  public:
    Search(std::string text, std::string_view letters) : text_(std::move(text)), letters_(letters) {}

    std::optional<char> run() {
        const auto last = [&](std::string_view before, std::string_view after, Confidence confidence) {
            for (const char letter : letters_)
                consider(letter, text_.rfind(std::string(before) + letter + std::string(after)), confidence);
        };
        last("(", ")", in_brackets);
        last("", ".", before_period);
        last("", ":", before_colon);
        last("", ")", before_bracket);
        last("", " ", before_space);
        after_phrases();
        at_ends();
        if (!best_) last("", "", anywhere);
        return best_;
    }

  private:
    /// The surer one, or the later one of those as sure, is the better.
    void consider(char letter, std::size_t place, Confidence confidence) {
        if (place == std::string::npos) return;
        if (best_ && (confidence < confidence_ || (confidence == confidence_ && place <= place_))) return;
        best_ = letter;
        place_ = place;
        confidence_ = confidence;
    }

    /// Each phrase counts where it first occurs, and each letter where it first follows.
    void after_phrases() {
        const std::string lowered = python::lower(text_);
        for (const auto phrase : k_phrases) {
            const std::size_t at = lowered.find(phrase);
            if (at == std::string::npos) continue;
            // Python counts characters, of which lower case may have more.
            const std::size_t begin =
                python::first(text_, python::length(std::string_view(lowered).substr(0, at + phrase.size())))
                    .size();
            for (const char letter : letters_) consider(letter, text_.find(letter, begin), after_phrase);
        }
    }

    void at_ends() {
        const std::string_view stripped = data::strip(text_);
        if (stripped.empty()) return;
        const bool alone = stripped.size() == 1;
        const auto starts = [&](char letter) {
            return stripped.front() == letter &&
                   (alone || !python::is_alpha(data::first_code_point(stripped.substr(1)).value));
        };
        const auto ends = [&](char letter) {
            return stripped.back() == letter &&
                   (alone ||
                    !python::is_alpha(data::last_code_point(stripped.substr(0, stripped.size() - 1)).value));
        };
        for (const char letter : letters_) {
            if (starts(letter)) consider(letter, 0, at_start);
            if (ends(letter)) consider(letter, text_.size() - 1, at_end);
        }
    }

    std::string text_;
    std::string_view letters_;
    std::optional<char> best_;
    std::size_t place_ = 0;
    Confidence confidence_ = anywhere;
};

}  // namespace

std::optional<char> mmbench_rules(std::string_view answer, std::string_view letters) {
    answer = data::strip(answer);
    if (answer.empty()) return {};
    for (const char mark : std::string_view(",.!?;:'\"")) answer = python::strip(answer, mark);
    return Search(" " + std::string(answer) + " ", letters).run();
}

}  // namespace lvr::tasks
