// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/tasks/benchmark.hpp>

// MME: two yes-or-no questions to each picture, in categories.
namespace lvr::tasks {

std::string mme_context(const Document& document);
core::Json mme_target(const Document& document);
std::string mme_group(const Document& document);  ///< category and question_id
bool mme_counts(const Document& document);        ///< of the perception part

/// "yes", "no" or "other": what the first four characters of an answer have.
std::string_view mme_label(std::string_view answer);

/// mme_percetion_score (so the reference spells it) or mme_cognition_score, for whatever is no perception.
std::string_view mme_metric(std::string_view category);

/// Whether the answer's label is the right one.
/// @throws ReferenceError (AssertionError) if the right one is neither yes nor no
bool mme_correct(std::string_view answer, std::string_view right);

/// A question that was answered.
struct MmeResult {
    std::string category, question_id;
    bool correct = false;
};
/// A picture of MME: 0, 50 (one of its questions right) or 200 points.
struct MmePicture {
    std::string category, question_id;
    std::size_t first = 0;  ///< place of its first question
    double points = 0;
};
/// In the order in which categories, and pictures in them, first occur.
/// @throws ReferenceError (AssertionError) if a picture has not two questions
std::vector<MmePicture> mme_pictures(std::span<const MmeResult> results);
/// The sum over categories of the mean of their pictures.
double mme_total(std::span<const MmePicture> pictures);

Score mme_score(std::span<const Answered> answers, const ScoreOptions& options);

}  // namespace lvr::tasks
