// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/extract/extract_config.hpp>
#include <lvr/run/job.hpp>

namespace lvr::extract {

/// All of `lvr-extract`: images to feature folders. @return the exit status, the same on every rank
int extract(run::Job& job, const ExtractConfig& config);

}  // namespace lvr::extract
