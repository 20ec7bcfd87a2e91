// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import_config.hpp>

namespace lvr::score {

core::Fields ImportConfig::fields() {
    return {
        {"import_features", &import_features, "folder of .npy or .pt features to turn into a feature folder"},
        {"out", &out, "feature folder to write"},
        {"suffix", &suffix, "how the files to import end, e.g. _m1.npy"},
    };
}

void ImportConfig::validate() const {}

}  // namespace lvr::score
