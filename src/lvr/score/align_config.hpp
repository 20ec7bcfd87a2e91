// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/config.hpp>

namespace lvr::score {

/// What `lvr-score align` is asked to do.
struct AlignConfig {
    std::vector<std::string> features;
    std::vector<std::string> reference;
    std::string format = "text";

    core::Fields fields();
    /// @throws Error (usage)
    void validate() const;
};

}  // namespace lvr::score
