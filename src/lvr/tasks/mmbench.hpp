// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <lvr/tasks/benchmark.hpp>
#include <lvr/tasks/mmbench_answer.hpp>

// MMBench: a question is asked once for each rotation of its options (index = base + 1,000,000 rotation), and
// counts if all are answered rightly.
namespace lvr::tasks {

std::string mmbench_context(const Document& document);
core::Json mmbench_target(const Document& document);
/// Which question a rotation is of.
std::int64_t mmbench_base(std::int64_t index);
std::string mmbench_group(const Document& document);  ///< its base index

/// The options A to D that are not null; the text "nan", which stands for a missing one, is kept.
/// @throws ReferenceError (KeyError) if one is absent
MmbenchChoices mmbench_choices(const core::Json& options);

struct MmbenchRow {
    std::int64_t index = 0;
    std::string prediction;
    std::string answer;  ///< the right letter
    std::optional<std::string> category, l2_category;
    MmbenchChoices choices;
};

/// A question with all its rotations.
struct MmbenchGroup {
    std::int64_t index = 0;  ///< of its base
    std::size_t row = 0;     ///< place of the base among the rows
    bool right = false;
    bool open = false;  ///< no rotation was understood and wrong, one was not understood: the judge decided
    std::optional<std::string> category, l2_category;
};

struct MmbenchResult {
    std::vector<MmbenchGroup> groups;  ///< by index
    std::int64_t undecided = 0;        ///< rows of groups in which no option was found
    std::int64_t judged = 0;           ///< of those, how many the judge was asked about
    double overall() const;            ///< the share of right groups
    core::Json by_category() const, by_l2_category() const;
};

/// Rotations without their base are ignored. @param rows in any order
MmbenchResult mmbench_evaluate(std::span<const MmbenchRow> rows, Judge judge);

Score mmbench_score(std::span<const Answered> answers, const ScoreOptions& options);

}  // namespace lvr::tasks
