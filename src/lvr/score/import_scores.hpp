// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lvr/files/results_dir.hpp>
#include <lvr/run/job.hpp>
#include <lvr/score/import_config.hpp>

namespace lvr::score {

/// Collective (rank 0 does it): puts scores measured elsewhere into results.d, and rebuilds results.h5.
/// @return an exit status
/// @throws Error on every rank, before anything is written: (input) naming a file that cannot be read, or two
/// that say different things of one and the same; (usage) if nobody says whose scores they are
int import_scores(run::Job& job, const ImportConfig& config);

/// What is to be written of `incoming`, given what was measured before: what is known already is left out,
/// and what the earlier file of the same name knows besides is kept.
/// @throws Error (input) naming both files where two say different things of one and the same
std::vector<files::Measurement> additions(const std::vector<files::Measurement>& known,
                                          const std::vector<files::Measurement>& incoming);

}  // namespace lvr::score
