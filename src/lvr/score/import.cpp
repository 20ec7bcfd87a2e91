// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import.hpp>

#include <lvr/core/error.hpp>
#include <lvr/score/import_features.hpp>

namespace lvr::score {

int import(run::Job& job, const ImportConfig& config) {
    if (!config.import_features.empty()) return import_features(job, config);
    throw core::usage_error("not there yet");
}

}  // namespace lvr::score
