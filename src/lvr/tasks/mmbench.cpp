// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/mmbench.hpp>

#include <fmt/format.h>

#include <charconv>

#include <lvr/core/error.hpp>
#include <lvr/tasks/answered.hpp>
#include <lvr/tasks/document.hpp>
#include <lvr/tasks/python_text.hpp>
#include <lvr/tasks/reference_error.hpp>
#include <lvr/tasks/uncertainty.hpp>

namespace lvr::tasks {
namespace {

constexpr const char* k_option_names[] = {"A", "B", "C", "D", "E"};

/// Also where it is written as a text, as in an early revision of the data.
std::int64_t index_of(const Document& document) {
    const auto& value = member(document, "index");
    if (value.is_number_integer()) return value.get<std::int64_t>();
    const std::string text = shown_member(document, "index");
    std::int64_t index = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), index);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
        throw core::input_error(fmt::format("a question's \"index\" is \"{}\", no whole number", text),
                                "it says which questions are rotations of one",
                                "check that the data set is MMBench's");
    return index;
}

std::optional<std::string> category_of(const Document& document, std::string_view name) {
    if (member(document, name).is_null()) return {};
    return shown_member(document, name);
}

/// An option that the document does not have is the text "nan".
core::Json options_of(const Document& document) {
    core::Json options = core::Json::object();
    for (const char* name : k_option_names) options[name] = document.value(name, core::Json("nan"));
    return options;
}

MmbenchRow row_from(const Answered& answered) {
    const Document& document = *answered.document;
    return {index_of(document),
            std::string(stripped_answer(answered)),
            shown_member(document, "answer"),
            category_of(document, "category"),
            category_of(document, "L2-category"),
            mmbench_choices(options_of(document))};
}

core::Json log_of(const Answered& answered) {
    const Document& document = *answered.document;
    core::Json log = core::Json::object();
    for (const char* name :
         {"index", "question", "answer", "prediction", "hint", "source", "split", "category", "L2-category"})
        log[name] = name == std::string_view("prediction") ? core::Json(stripped_answer(answered))
                                                           : document.value(name, core::Json());
    const core::Json options = options_of(document);
    for (const auto& [name, option] : options.items()) log[name] = option;
    return {{"gpt_eval_score", log}, {"submission", log}};
}

/// Whether Python takes a value for true.
bool is_something(const core::Json& value) {
    if (value.is_string()) return !value.get_ref<const std::string&>().empty();
    if (value.is_number()) return value.get<double>() != 0;
    return !value.is_null() && value != false;
}

}  // namespace

std::string mmbench_context(const Document& document) {
    std::string options = "There are several options:\n";
    for (const char* name : k_option_names) {
        const auto option = document.find(name);
        if (option == document.end() || !is_something(*option) || *option == "nan") continue;
        options += fmt::format("{}. {}\n", name, python::str(*option));
    }
    options.resize(options.find_last_not_of('\n') + 1);
    const auto& hint = member(document, "hint");
    const std::string before = hint.is_null() || hint == "nan" ? "" : shown_member(document, "hint") + " ";
    return fmt::format("{}{} {}\n\nAnswer with the option's letter from the given choices directly.", before,
                       shown_member(document, "question"), options);
}

std::string mmbench_group(const Document& document) {
    return std::to_string(mmbench_base(index_of(document)));
}

core::Json mmbench_target(const Document& document) { return member(document, "answer"); }

MmbenchChoices mmbench_choices(const core::Json& options) {
    MmbenchChoices choices;
    for (const char letter : std::string_view("ABCD")) {
        const auto option = options.find(std::string(1, letter));
        if (option == options.end())
            throw ReferenceError("KeyError", fmt::format("a question of MMBench has no column {}", letter));
        if (!option->is_null()) choices.emplace_back(letter, python::str(*option));
    }
    return choices;
}

Score mmbench_score(std::span<const Answered> answers, const ScoreOptions& options) {
    Score score;
    score.metric = "gpt_eval_score";
    std::vector<MmbenchRow> rows;
    for (const auto& answered : answers) {
        rows.push_back(row_from(answered));
        if (options.rows) score.rows.push_back(log_of(answered));
    }
    const auto result = mmbench_evaluate(rows, options.judge);
    std::int64_t open = 0;
    for (std::size_t i = 0; i < result.groups.size(); ++i) {
        const auto& group = result.groups[i];
        const bool again = i > 0 && result.groups[i - 1].index == group.index;
        const std::string id = std::to_string(group.index) + (again ? fmt::format(" (place {})", i) : "");
        score.units.push_back({id, "", cluster_of(answers[group.row], group.row), group.right ? 100.0 : 0.0});
        open += group.open ? 1 : 0;
    }
    settle(score);
    score.undecided = result.undecided;
    score.value = 100 * result.overall();
    score.metrics = {{"gpt_eval_score", score.value},
                     {"gpt_eval_score by category", result.by_category()},
                     {"gpt_eval_score by L2-category", result.by_l2_category()},
                     {"groups that the judge decided", open}};
    return score;
}

}  // namespace lvr::tasks
