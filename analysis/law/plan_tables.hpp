// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <analysis/law/text_table.hpp>
#include <lvr/core/json.hpp>

namespace lvr::analysis {

/// The plan and the study (see plan_job.hpp) as tables; null stands for "not asked for".
std::vector<TextTable> plan_tables(const core::Json& plan, const core::Json& study);

}  // namespace lvr::analysis
