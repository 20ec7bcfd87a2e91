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
    std::string definition = "cosine";
    std::string ids;
    std::int64_t n = 0;
    std::int64_t seed = 0;
    std::string precision = "float64";
    bool bf16_emulation = false;
    std::string loglik;
    std::string average = "pair";
    std::string format = "text";
    std::string results;
    std::string representation;
    std::string benchmark;
    std::int64_t threads = 0;
    std::string device = "cpu";

    core::Fields fields();
    /// @throws Error (usage) for values that make no sense together
    void validate() const;

    /// The A column of the results.
    std::string column() const { return benchmark.empty() ? definition : benchmark; }
};

}  // namespace lvr::score
