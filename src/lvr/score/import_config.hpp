// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/config.hpp>

namespace lvr::score {

/// What `lvr-score` without a command is asked to do.
struct ImportConfig {
    std::string import_features, out, suffix;

    core::Fields fields();
    /// @throws Error (usage)
    void validate() const;
};

}  // namespace lvr::score
