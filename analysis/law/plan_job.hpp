// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <analysis/law/fit_config.hpp>
#include <analysis/law/table.hpp>
#include <lvr/core/json.hpp>
#include <lvr/par/comm.hpp>

namespace lvr::analysis {

/// Names the `config.budget` representations to train next, in order; after each pick the model goes on as if
/// the pick had scored its predicted mean, while scales, weights and the best score stay as measured. A
/// representation with any score in the input, on whichever benchmark, counts as trained and is not picked;
/// where it has no score on a benchmark of the table, a note says to evaluate it. Whichever planner chooses,
/// `notes` say when the scores contradict the prior that more A and more C is better.
/// @return {"plan": [{"representation", "gain", "interval", "intervals"}], "planner", "gain_unit", "prior":
///          {benchmark: {...}}, "notes": [...]}. gain: expected improvement over the best measured score in
///          that benchmark's units (several benchmarks: sum of EI_b / s_b); interval: central 90 % predictive
///          interval of the score (null for several benchmarks, which have `intervals` by name); both null
///          where undefined.
core::Json plan_json(const Table& table, const FitConfig& config);

/// Recall@3 of every planner against the number trained, on the table as it is, with its scores negated (a
/// law against the prior) and under stress (three representations dropped, scores perturbed), shared out over
/// the ranks.
/// @throws Error (input) if a score, A or C is missing
core::Json plan_study_json(const Table& table, const FitConfig& config, const par::Comm& comm);

}  // namespace lvr::analysis
