// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include <lvr/files/results_dir.hpp>

namespace lvr::files {

/// On one rank, before work begins whose results go there: that `results_h5` may be rebuilt.
/// @throws Error (usage) if its name does not end in .h5, or if it holds what results.d does not (a converted
/// CSV), which would be lost; (input) if it is damaged
void expect_recordable(const std::filesystem::path& results_h5);

/// On one rank: puts measurements into results.d beside `results_h5`, and rebuilds that file from all that
/// lies there. Any number of jobs may do so at the same time. What was measured before of the same
/// representation, name and seed is replaced.
/// @throws Error as expect_recordable; (input), before anything is written, if a measurement contradicts
/// another one in results.d; (output) if it cannot be written
void record(const std::filesystem::path& results_h5, const std::vector<Measurement>& measurements);

}  // namespace lvr::files
