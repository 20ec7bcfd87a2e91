// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/mmbench_answer.hpp>

#include <algorithm>
#include <array>

#include <lvr/data/white_space.hpp>
#include <lvr/tasks/python_text.hpp>

namespace lvr::tasks {
namespace {

constexpr std::string_view k_letters = "ABCDE";

struct Marks {
    std::string_view before, after;
};
constexpr std::array<Marks, 12> k_marks = {{{"", "."},
                                            {"", ","},
                                            {"", ":"},
                                            {"", ")"},
                                            {"", ")."},
                                            {"(", ")"},
                                            {"(", ")."},
                                            {":", ""},
                                            {":", ","},
                                            {":", "."},
                                            {":", ")"},
                                            {":", ")."}}};

/// The letters that are a word between marks; each once.
std::string letters_between(std::span<const std::string_view> words, const Marks& marks) {
    std::string found;
    for (const char letter : k_letters) {
        const std::string wanted = std::string(marks.before) + letter + std::string(marks.after);
        if (std::find(words.begin(), words.end(), wanted) != words.end()) found += letter;
    }
    return found;
}

}  // namespace

std::optional<char> mmbench_letter(std::string_view answer) {
    if (answer.find("Failed to obtain answer via API") != std::string_view::npos) return {};
    const auto words = data::split(answer);
    const std::string bare = letters_between(words, {"", ""});
    const bool article = words.size() > 3 && bare.starts_with('A');
    if (bare.size() == 1 && !article) return bare.front();
    for (const auto& marks : k_marks) {
        const std::string marked = letters_between(words, marks);
        if (marked.size() == 1) return marked.front();
    }
    return {};
}

std::optional<char> mmbench_text(std::string_view answer, const MmbenchChoices& choices) {
    const std::string lowered = python::lower(answer);
    std::optional<char> found;
    for (const auto& [letter, text] : choices) {
        if (lowered.find(python::lower(text)) == std::string::npos) continue;
        if (found) return {};
        found = letter;
    }
    return found;
}

std::optional<char> mmbench_option(std::string_view answer, const MmbenchChoices& choices) {
    const auto letter = mmbench_letter(answer);
    return letter ? letter : mmbench_text(answer, choices);
}

}  // namespace lvr::tasks
