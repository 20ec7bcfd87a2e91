// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/seed_bench.hpp>

#include <fmt/format.h>

#include <map>

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

std::string_view seed_choice(std::string_view answer) { return python::first(data::strip(answer), 1); }

Score seed_score(std::span<const Answered> answers, const ScoreOptions& options) {
    Score score;
    score.metric = "seed_image";
    std::map<std::string, Tally, std::less<>> tallies;
    Tally all;
    score.units.reserve(answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const Document& document = *answers[i].document;
        const std::string& data_type = text_member(document, "data_type");
        const auto& right = text_member(document, "answer");
        const std::string_view choice = seed_choice(answers[i].answer);
        Tally& tally = tallies[data_type];
        ++tally.all;
        tally.right += choice == right ? 1 : 0;
        if (data_type == k_image)
            score.units.push_back(question_unit(answers[i], i, choice == right ? 100 : 0));
        if (!options.rows) continue;
        const core::Json log = {
            {"pred", choice}, {"answer", right}, {"question_id", member(document, "question_id")}};
        score.rows.push_back({{seed_metric(data_type), log}, {"seed_all", log}});
    }
    settle(score);
    for (const auto& [data_type, tally] : tallies) {
        score.metrics[seed_metric(data_type)] = tally.mean();
        all.right += tally.right;
        all.all += tally.all;
    }
    if (tallies.size() > 1) score.metrics["seed_all"] = all.mean();
    score.value = tallies.find(k_image)->second.mean();
    return score;
}

}  // namespace lvr::tasks
