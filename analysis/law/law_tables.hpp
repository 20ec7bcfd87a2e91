// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <analysis/law/law_json.hpp>
#include <analysis/law/text_table.hpp>

namespace lvr::analysis {

/// What the terminal shows: R2 in sample with 12 decimals, then what holds out of sample with intervals.
std::vector<TextTable> terminal_tables(const Law& law);

/// The paper's tables: R2 by form and group in percent (its Table 2), the same per benchmark, and the cross
/// term alpha_AC with its interval (its Table 4).
std::vector<TextTable> paper_tables(const Law& law);

/// Every fit, one row each, with all its figures, then the groups' means (`benchmarks` says over how many):
/// what
/// `--format csv` prints.
TextTable fits_table(const Law& law);

/// Mean trainings until the best is found and recall after four, per benchmark and way of sampling.
TextTable policy_table(const PolicyTable& policies);

TextTable search_table(const SearchTable& searches);

/// The plain sentences, one line per benchmark, and the points that weigh most.
std::string findings_text(const Table& table, const Law& law);

}  // namespace lvr::analysis
