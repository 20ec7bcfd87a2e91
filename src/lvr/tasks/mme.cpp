// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/mme.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include <lvr/data/white_space.hpp>
#include <lvr/tasks/answered.hpp>
#include <lvr/tasks/document.hpp>
#include <lvr/tasks/python_text.hpp>
#include <lvr/tasks/reference_error.hpp>
#include <lvr/tasks/uncertainty.hpp>

namespace lvr::tasks {
namespace {

constexpr std::string_view k_perception_metric = "mme_percetion_score",
                           k_cognition_metric = "mme_cognition_score";
constexpr std::string_view k_perception[] = {"existence", "count", "position", "color",   "posters",
                                             "celebrity", "scene", "landmark", "artwork", "OCR"};

std::string without_periods(std::string_view text) {
    const std::string lowered = python::lower(text);
    return python::replace(data::strip(lowered), ".", "");
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// The means of the categories of one part of the benchmark.
core::Json category_means(std::span<const MmePicture> pictures) {
    std::vector<std::string> order;
    std::map<std::string, std::pair<double, double>> sums;
    for (const auto& picture : pictures) {
        auto [entry, fresh] = sums.try_emplace(picture.category);
        if (fresh) order.push_back(picture.category);
        entry->second.first += picture.points;
        entry->second.second += 1;
    }
    core::Json means = core::Json::object();
    for (const auto& category : order) means[category] = sums[category].first / sums[category].second;
    return means;
}

}  // namespace

std::string mme_context(const Document& document) {
    return python::replace(data::strip(text_member(document, "question")), " Please answer yes or no.", "") +
           "\nAnswer the question using a single word or phrase.";
}

core::Json mme_target(const Document& document) { return member(document, "answer"); }

std::string mme_group(const Document& document) {
    return shown_member(document, "category") + '\n' + shown_member(document, "question_id");
}

bool mme_counts(const Document& document) {
    return mme_metric(shown_member(document, "category")) == k_perception_metric;
}

std::string_view mme_label(std::string_view answer) {
    const std::string text = without_periods(answer);
    if (text == "yes") return "yes";
    if (text == "no") return "no";
    const std::string_view front = python::first(text, 4);
    return contains(front, "yes") ? "yes" : contains(front, "no") ? "no" : "other";
}

std::string_view mme_metric(std::string_view category) {
    const bool perceives =
        std::find(std::begin(k_perception), std::end(k_perception), category) != std::end(k_perception);
    return perceives ? k_perception_metric : k_cognition_metric;
}

bool mme_correct(std::string_view answer, std::string_view right) {
    const std::string gold = without_periods(right);
    if (gold != "yes" && gold != "no")
        throw ReferenceError(
            "AssertionError",
            fmt::format("the right answer of a question of MME is \"{}\", neither yes nor no", right));
    return mme_label(answer) == gold;
}

std::vector<MmePicture> mme_pictures(std::span<const MmeResult> results) {
    std::vector<MmePicture> pictures;
    std::vector<int> asked, right;
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> places;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& result = results[i];
        const auto [entry, fresh] =
            places.try_emplace({result.category, result.question_id}, pictures.size());
        if (fresh) {
            pictures.push_back({result.category, result.question_id, i, 0});
            asked.push_back(0);
            right.push_back(0);
        }
        ++asked[entry->second];
        right[entry->second] += result.correct ? 1 : 0;
    }
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        if (asked[i] != 2) {
            throw ReferenceError("AssertionError",
                                 fmt::format("picture \"{}\" of MME's {} has {} answers, not 2",
                                             pictures[i].question_id, pictures[i].category, asked[i]),
                                 "a picture counts by its two questions together",
                                 "answer both questions of each picture");
        }
        pictures[i].points = right[i] == 2 ? 200 : right[i] == 1 ? 50 : 0;
    }
    return pictures;
}

double mme_total(std::span<const MmePicture> pictures) {
    double total = 0;
    for (const auto& mean : category_means(pictures)) total += mean.get<double>();
    return total;
}

Score mme_score(std::span<const Answered> answers, const ScoreOptions& options) {
    Score score;
    score.metric = k_perception_metric;
    std::map<std::string_view, std::vector<MmeResult>> results;
    std::vector<std::size_t> places;  // of the perception's answers
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const Document& document = *answers[i].document;
        const bool correct = mme_correct(stripped_answer(answers[i]), text_member(document, "answer"));
        const std::string category = shown_member(document, "category");
        const std::string_view metric = mme_metric(category);
        results[metric].push_back({category, shown_member(document, "question_id"), correct});
        if (metric == k_perception_metric) places.push_back(i);
        if (!options.rows) continue;
        core::Json log = {{"question_id", member(document, "question_id")},
                          {"category", category},
                          {"score", correct ? 1.0 : 0.0}};
        score.rows.push_back({{std::string(metric), std::move(log)}});
    }
    for (const auto& [metric, answered] : results) {
        const auto pictures = mme_pictures(answered);
        score.metrics[std::string(metric)] = mme_total(pictures);
        score.metrics[fmt::format("{} by category", metric)] = category_means(pictures);
        if (metric != k_perception_metric) continue;
        for (const auto& picture : pictures) {
            const std::size_t place = places[picture.first];
            score.units.push_back({picture.category + "/" + picture.question_id, picture.category,
                                   cluster_of(answers[place], place), picture.points});
        }
    }
    settle(score);
    score.value = score.metrics.at(score.metric).get<double>();
    return score;
}

}  // namespace lvr::tasks
