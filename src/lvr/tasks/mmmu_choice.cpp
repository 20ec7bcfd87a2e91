// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/white_space.hpp>
#include <lvr/tasks/document.hpp>
#include <lvr/tasks/mmmu_answer.hpp>
#include <lvr/tasks/python_text.hpp>
#include <lvr/tasks/reference_error.hpp>

namespace lvr::tasks {
namespace {

/// An option that an answer names, and where it does so for the last time (-1: nowhere as the reference
/// looks).
struct Candidate {
    std::string letter;
    std::ptrdiff_t last;
};

std::ptrdiff_t last_of(std::string_view text, std::string_view part) {
    return static_cast<std::ptrdiff_t>(text.rfind(part));  // npos becomes -1
}

/// @param mark what names a letter @param place what is looked for to tell the last
template <class Mark, class Place>
std::vector<Candidate> named(std::string_view text, std::size_t options, const Mark& mark,
                             const Place& place) {
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < options; ++i) {
        const std::string letter = letter_of(i);
        if (text.find(mark(letter)) != std::string_view::npos)
            candidates.push_back({letter, last_of(text, place(letter))});
    }
    return candidates;
}

std::vector<Candidate> named_by_text(const std::string& text, std::span<const std::string> options) {
    std::vector<Candidate> candidates;
    const std::string lowered = python::lower(text);
    for (std::size_t i = 0; i < options.size(); ++i) {
        const std::ptrdiff_t last = last_of(lowered, python::lower(options[i]));
        if (last >= 0) candidates.push_back({letter_of(i), last});
    }
    return candidates;
}

std::vector<Candidate> candidates_of(const std::string& text, std::span<const std::string> options) {
    const auto bracketed = [](const std::string& letter) { return "(" + letter + ")"; };
    const auto before_space = [](const std::string& letter) { return letter + " "; };
    const auto before_period = [](const std::string& letter) { return letter + "."; };
    const auto alone = [](const std::string& letter) { return " " + letter + " "; };
    auto candidates = named(text, options.size(), bracketed, bracketed);
    if (candidates.empty()) candidates = named(text, options.size(), before_space, alone);
    if (candidates.empty()) candidates = named(text, options.size(), before_period, alone);
    if (candidates.empty() && data::count_words(text) > 5) candidates = named_by_text(text, options);
    return candidates;
}

}  // namespace

std::optional<std::string> mmmu_choice(std::string_view answer, std::span<const std::string> options) {
    for (const char mark : std::string_view(",.!?;:'")) answer = python::strip(answer, mark);
    std::optional<Candidate> best;
    for (auto& candidate : candidates_of(" " + std::string(answer) + " ", options)) {
        if (!best || candidate.last > best->last) best = std::move(candidate);
    }
    if (!best) return {};
    return best->letter;
}

std::string guessed_choice(std::size_t options, python::Random& random) {
    if (options == 0)
        throw ReferenceError("IndexError", "a question with options to choose from has none",
                             "the answer to it cannot be understood");
    return letter_of(random.below(static_cast<std::uint32_t>(options)));
}

}  // namespace lvr::tasks
