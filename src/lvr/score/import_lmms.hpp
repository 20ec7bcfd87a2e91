// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <lvr/files/results_dir.hpp>

namespace lvr::score {

/// The scores in a result file of lmms-eval (results.json, <date>_results.json) on the paper's benchmarks, by
/// our names and in the paper's units: percent, and for MME the points of its perception part. Tasks that are
/// none of them are named in a warning.
/// @param source what all of them share: representation, seed, file; its provenance is made here
/// @throws Error (input) if it is no such file, a score is outside its scale, or none is of these benchmarks
std::vector<files::Measurement> lmms_scores(std::string_view json, const files::Measurement& source);

}  // namespace lvr::score
