// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/data/column_spec.hpp>

#include <lvr/tasks/score.hpp>

namespace lvr::tasks {

/// A picture of a question: the column that has it, and its place where that is a list.
struct PictureRef {
    std::string column;
    std::int64_t position = 0;
    bool may_be_missing = false;  ///< where the row has none the question is asked as text
};

/// A benchmark of the law: what is asked and how answers are scored, exactly as in the authors' lmms-eval. No
/// model is in sight: an answer is a text.
///
/// To add one: a row in benchmarks() (benchmark.cpp), its functions in a file of its own (as seed_bench.cpp),
/// its cases in tests/golden/metric_cases.json with a line in metric_case_functions() for each new family.
struct Benchmark {
    std::string_view name;        ///< the task of lmms-eval: "seedbench"
    std::string_view score_name;  ///< in results.h5: "seed_image"
    std::string_view folder;      ///< of the data set in the hub of lmms-lab: "SEED-Bench"
    std::string_view shards;      ///< relative to that folder, with '*': "data/test-*.parquet"
    /// Of the run whose first questions chose the pictures of the published A score, if those are others.
    std::string_view listed_shards = {};
    std::vector<data::ColumnSpec> columns;
    std::int64_t most_tokens = 0;  ///< that an answer may have
    std::string_view metric;       ///< the reference's name of the paper's score: "seed_image"
    double factor = 1;             ///< from the reference's scale to the unit
    std::string_view unit;         ///< of Score::reported: "percent", "points"
    double scale = 0;              ///< its nominal maximum
    std::int64_t rows = 0;         ///< of the real data set: to tell a part of it from the whole
    std::int64_t items = 0;        ///< of the real data set: what the paper's score is a mean over

    /// The question as the model reads it, without chat template. "<image>" stands where a picture belongs;
    /// no
    /// "<image>": before it. @throws core::Error (input) naming the member that is missing or of another kind
    std::string (*context)(const Document&) = nullptr;
    /// The pictures in the order of their placeholders; a cell that is null has none, and none at all: the
    /// question is asked without.
    std::vector<PictureRef> (*pictures)(const Document&) = nullptr;
    /// What the reference logs as the right answer.
    core::Json (*target)(const Document&) = nullptr;
    /// Questions with the same one are scored together, so that a part of the data set has all of them or
    /// none; null: each by itself.
    std::string (*group)(const Document&) = nullptr;
    /// Whether the question counts for the paper's score (not MME's cognition, nor SEED-Bench's videos, of
    /// which only the first frame would be seen).
    bool (*counts)(const Document&) = nullptr;
    /// @param answers in the order of the data set's rows (random guesses of the reference follow it)
    /// @throws core::Error (input) where the reference stops (MME: a picture without its two questions)
    Score (*score)(std::span<const Answered> answers, const ScoreOptions& options) = nullptr;
};

/// The eight of the paper, in the order of its tables.
std::span<const Benchmark> benchmarks();

/// @param name the task or its score: "seedbench" or "seed_image"
/// @throws core::Error (usage) naming the nearest
const Benchmark& find_benchmark(std::string_view name);

}  // namespace lvr::tasks
