// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/core/text_table.hpp>

namespace lvr::analysis {

using core::TextTable;

// Figures that plan_job.hpp made, as tables; null (not asked for) gives none.

/// The picks in order; for several benchmarks their intervals are a second table.
std::vector<TextTable> plan_tables(const core::Json& plan);

/// Recall@3 of the planners.
std::vector<TextTable> study_tables(const core::Json& study);

}  // namespace lvr::analysis
