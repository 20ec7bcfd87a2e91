// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/run/job.hpp>
#include <lvr/train/train_config.hpp>

namespace lvr::train {

/// The program lvr-train: one model for each representation, in groups of ranks that take one after the
/// other. @return its exit status @throws Error as exit_codes.hpp says
int train(run::Job& job, const TrainConfig& config);

}  // namespace lvr::train
