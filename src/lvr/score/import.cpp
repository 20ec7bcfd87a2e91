// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import.hpp>

#include <lvr/score/import_features.hpp>
#include <lvr/score/import_scores.hpp>

namespace lvr::score {

int import(run::Job& job, const ImportConfig& config) {
    if (!config.import_features.empty()) return import_features(job, config);
    return import_scores(job, config);
}

}  // namespace lvr::score
