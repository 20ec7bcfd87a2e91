// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include <lvr/files/results_dir.hpp>

namespace lvr::score {

/// On one rank: puts measurements into results.d beside `results_h5`, and rebuilds that file from all that
/// lies there. Any number of jobs may do so at the same time. What was measured before of the same
/// representation, name and seed is replaced.
/// @throws Error (output) if it cannot be written; (usage) if `results_h5` holds what results.d does not (a
/// converted CSV): it would be lost; (input) if a measurement contradicts another in results.d
void record(const std::filesystem::path& results_h5, const std::vector<files::Measurement>& measurements);

}  // namespace lvr::score
