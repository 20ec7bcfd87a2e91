// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/seed_bench.hpp>

#include <fmt/format.h>

#include <map>
#include <utility>

#include <lvr/data/white_space.hpp>
#include <lvr/tasks/answered.hpp>
#include <lvr/tasks/document.hpp>
#include <lvr/tasks/python_text.hpp>
#include <lvr/tasks/uncertainty.hpp>

namespace lvr::tasks {
namespace {

constexpr std::string_view k_image = "image";

struct Tally {
    std::int64_t right = 0, all = 0;
    double mean() const { return static_cast<double>(right) / static_cast<double>(all); }
};

core::Json log_of(const Document& document, std::string_view choice) {
    core::Json log = core::Json::object();
    log["pred"] = choice;
    log["answer"] = member(document, "answer");
    log["question_id"] = member(document, "question_id");
    return log;
}

/// Most often of one character each.
bool is_same(std::string_view choice, std::string_view right) {
    if (choice.size() == 1 && right.size() == 1) return choice.front() == right.front();
    return choice == right;
}

}  // namespace

std::string seed_context(const Document& document) {
    std::string text = shown_member(document, "question");
    for (const char* letter : {"a", "b", "c", "d"}) {
        const std::string name = std::string("choice_") + letter;
        text += fmt::format("\n{}. {}", static_cast<char>(*letter - 32), shown_member(document, name));
    }
    return text + "\nAnswer with the option's letter from the given choices directly.";
}

core::Json seed_target(const Document& document) { return member(document, "answer"); }

bool seed_counts(const Document& document) { return text_member(document, "data_type") == k_image; }

std::string seed_metric(std::string_view data_type) { return fmt::format("seed_{}", data_type); }

std::string_view seed_choice(std::string_view answer) {
    const bool plain = !answer.empty() && answer.front() > ' ' && answer.front() < 0x7F;
    return plain ? answer.substr(0, 1) : python::first(data::strip(answer), 1);
}

std::vector<SeedResult> seed_results(std::span<const Answered> answers) {
    TextMember data_types("data_type"), right_ones("answer");
    std::vector<SeedResult> results;
    results.reserve(answers.size());
    for (const auto& answered : answers) {
        const std::string& right = right_ones.of(*answered.document);
        const std::string_view choice = seed_choice(answered.answer);
        results.push_back({data_types.of(*answered.document), choice, is_same(choice, right)});
    }
    return results;
}

core::Json seed_means(std::span<const SeedResult> results) {
    Tally images, all;
    std::map<std::string_view, Tally> others;
    for (const auto& result : results) {
        Tally& tally = result.data_type == k_image ? images : others[result.data_type];
        for (Tally* counted : {&tally, &all}) {
            ++counted->all;
            counted->right += result.right ? 1 : 0;
        }
    }
    core::Json means = core::Json::object();
    if (images.all > 0) means[seed_metric(k_image)] = images.mean();
    for (const auto& [data_type, tally] : others) means[seed_metric(data_type)] = tally.mean();
    if (means.size() > 1) means["seed_all"] = all.mean();
    return means;
}

Score seed_score(std::span<const Answered> answers, const ScoreOptions& options) {
    Score score;
    score.metric = seed_metric(k_image);
    const auto results = seed_results(answers);
    score.units.reserve(answers.size());
    score.rows.reserve(options.rows ? answers.size() : 0);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto& [data_type, choice, right] = results[i];
        if (data_type == k_image) score.units.push_back(question_unit(answers[i], i, right ? 100 : 0));
        if (!options.rows) continue;
        core::Json log = log_of(*answers[i].document, choice);
        core::Json row = core::Json::object();
        row[seed_metric(data_type)] = log;
        row["seed_all"] = std::move(log);
        score.rows.push_back(std::move(row));
    }
    settle(score);
    score.metrics = seed_means(results);
    score.value = score.metrics.at(score.metric).get<double>();
    return score;
}

}  // namespace lvr::tasks
