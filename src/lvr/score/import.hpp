// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/run/job.hpp>
#include <lvr/score/import_config.hpp>

namespace lvr::score {

/// `lvr-score --import-features`, `lvr-score --import`. @return an exit status (lvr/run/exit_codes.hpp)
int import(run::Job& job, const ImportConfig& config);

}  // namespace lvr::score
