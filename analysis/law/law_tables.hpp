// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <analysis/law/law_json.hpp>
#include <lvr/core/text_table.hpp>

namespace lvr::analysis {

using core::TextTable;

// A star after a figure marks an underdetermined fit; a line below the table says so.

/// What the terminal shows: how sure the law is and what remains out of sample, then R2 in sample with 12
/// decimals.
std::vector<TextTable> terminal_tables(const Law& law);

/// The paper's tables: R2 by form and group in percent (its Table 2), the same per benchmark, the mean
/// squared errors, the cross term alpha_AC with its interval (its Table 4); then those of the terminal.
std::vector<TextTable> paper_tables(const Law& law);

/// The ridge path; none unless penalties were given.
std::vector<TextTable> ridge_tables(const Law& law);

/// Every fit, one row each, with all its figures (but not those of single points, which are in the JSON),
/// then the groups' means (`benchmarks` says over how many; underdetermined: one of the fits is): what
/// `--format csv` prints.
TextTable fits_table(const Law& law);

/// Mean trainings until the best is found and recall after four, per benchmark and way of sampling.
TextTable policy_table(const PolicyTable& policies);

TextTable search_table(const SearchTable& searches);

/// The plain sentences, one line per benchmark, and the points that weigh most.
std::string findings_text(const Table& table, const Law& law);

/// The same as a table, with what the planner remarks.
TextTable findings_table(const Table& table, const Law& law, const std::vector<std::string>& plan_notes);

}  // namespace lvr::analysis
