// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>

namespace lvr::tasks {

/// What a family of cases asks for: a case of the file (id, family, fn, input) -> the answer in the form of
/// its `expected`. A ReferenceError becomes {"error": Python's exception}, any other {"failed": message}.
struct MetricCaseFunction {
    std::function<core::Json(const core::Json& metric_case)> answer;
    double tolerance = 0;    ///< relative and absolute, of numbers
    bool any_order = false;  ///< lists are sets
};
using MetricCaseFunctions = std::map<std::string, MetricCaseFunction, std::less<>>;

/// The families that this room can answer: all but those about chat templates (conversation, train_format).
MetricCaseFunctions metric_case_functions();

struct MetricCaseResult {
    std::string id;  ///< "case 7" if it has none
    core::Json expected, got;
    bool pass = false;
};

/// Cases with the reference's answers (tests/golden/metric_cases.json is such a file), each answered by the
/// function of its family; of a family without one, or a case that lacks a member, `got` says so.
/// @throws core::Error (input) if the file has no list of `cases`
std::vector<MetricCaseResult> run_metric_cases(const core::Json& file, const MetricCaseFunctions& functions);

}  // namespace lvr::tasks
