// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/tasks/benchmark.hpp>

// SEED-Bench: four options; the answer's first character counts, with its case.
namespace lvr::tasks {

std::string seed_context(const Document& document);
core::Json seed_target(const Document& document);
bool seed_counts(const Document& document);  ///< about a picture, not a video

/// seed_image or seed_video. @param data_type the document's
std::string seed_metric(std::string_view data_type);

/// The first character but for white space; "" if there is none.
std::string_view seed_choice(std::string_view answer);

struct SeedResult {
    std::string_view data_type;  ///< the document's
    std::string_view choice;     ///< the answer's
    bool right = false;
};
std::vector<SeedResult> seed_results(std::span<const Answered> answers);
/// The share of right answers: seed_image, seed_video, and seed_all where there are both.
core::Json seed_means(std::span<const SeedResult> results);

Score seed_score(std::span<const Answered> answers, const ScoreOptions& options);

}  // namespace lvr::tasks
