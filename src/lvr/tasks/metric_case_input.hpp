// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/tasks/metric_cases.hpp>

// How the families' functions read a case and write their answer.
namespace lvr::tasks {

/// {"float": "nan"}, {"float": "inf"}, {"float": "-inf"} for what JSON does not know.
core::Json written(double value);
/// With that at any depth.
core::Json written(const core::Json& value);
/// null for {"float": "nan"}, at any depth: where the reference's pandas takes both for missing.
core::Json without_nan(const core::Json& value);

/// A member of the case's input. @throws core::Error (input) naming what is missing or of another kind
const core::Json& input_member(const core::Json& metric_case, std::string_view name);
const std::string& input_text(const core::Json& metric_case, std::string_view name);
std::int64_t input_integer(const core::Json& metric_case, std::string_view name);
std::uint64_t input_seed(const core::Json& metric_case, const char* name);
std::vector<std::string> input_texts(const core::Json& metric_case, std::string_view name);

/// Whether the name of the reference's function contains a word: "textvqa".
bool is_of(const core::Json& metric_case, std::string_view word);

void add_python_cases(MetricCaseFunctions& functions);
void add_vqa_cases(MetricCaseFunctions& functions);
void add_mmmu_cases(MetricCaseFunctions& functions);
void add_mme_cases(MetricCaseFunctions& functions);
void add_mmbench_cases(MetricCaseFunctions& functions);
void add_choice_cases(MetricCaseFunctions& functions);  ///< SEED-Bench and ScienceQA
void add_prompt_cases(MetricCaseFunctions& functions);

}  // namespace lvr::tasks
