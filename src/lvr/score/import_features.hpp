// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/run/job.hpp>
#include <lvr/score/import_config.hpp>

namespace lvr::score {

/// Collective: makes one feature folder (files/features.hpp) of a folder of .npy arrays or .pt tensors.
/// Images are called by their path without the suffix, and sorted by it. The provenance of each part has
/// `import` (kind, suffix, dtype, files_sha256) and, for maps, `grid`: [rows, columns]. Resumable; complete
/// or absent.
/// @return an exit status
/// @throws Error on every rank: (usage) no file, or two kinds of them; (input) naming a file that is damaged,
/// differs in dtype or shape from the first, or holds a value that is not finite; (interrupted)
int import_features(run::Job& job, const ImportConfig& config);

}  // namespace lvr::score
