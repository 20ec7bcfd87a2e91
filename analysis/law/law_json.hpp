// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include <analysis/law/law.hpp>
#include <analysis/law/policy.hpp>
#include <analysis/law/subset_search.hpp>
#include <lvr/core/json.hpp>

namespace lvr::analysis {

// The one object that `--format json` prints and law.json and law.h5 hold. Its keys are an interface: others
// read them. Numbers that are undefined are null. Errors and predictions `fitted`, `loo_predicted` are on the
// normalised scale; `points` has the measured figures and `scales` the way between the two.

/// {"benchmarks": {...}, "groups": {...}}
core::Json to_json(const Table& table, const Law& law);

/// {"region": {benchmark: {"mean_tries": {"top1": , ...}, "first_hit": {"top1": [...], ...}, ...}}, ...}
using PolicyTable = std::vector<std::pair<std::string, std::array<PolicyCurves, 3>>>;
core::Json to_json(const PolicyTable& policies);

/// {"fits": n, "hits": {benchmark: n}}
using SearchTable = std::vector<std::pair<std::string, SubsetSearch>>;
core::Json to_json(const SearchTable& searches);

}  // namespace lvr::analysis
