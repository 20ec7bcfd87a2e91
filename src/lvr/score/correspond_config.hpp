// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/config.hpp>

namespace lvr::score {

/// What `lvr-score correspond` is asked to do.
struct CorrespondConfig {
    std::string spair;
    std::string split = "test";
    std::vector<std::string> category;
    std::vector<std::string> features, features2;
    std::string frame = "auto";
    std::string match = "soft";
    std::int64_t window = 5;
    double temperature = 0.02;
    std::string arithmetic = "auto";
    bool flip = false;
    std::string average = "image";
    std::string threshold = "box";
    std::vector<double> alpha = {0.1, 0.05, 0.01};
    std::string geo_groups = "raw";
    std::int64_t bootstrap = 1000;
    std::int64_t seed = 0;
    std::string grid;
    std::string format = "text";
    std::vector<std::string> draw;
    std::string results;
    std::string representation;
    std::int64_t memory = 2048;
    std::int64_t threads = 0;

    core::Fields fields();
    /// @throws Error (usage) for values that make no sense together
    void validate() const;

    /// Whether another arithmetic is asked for than the frame brings along.
    bool has_own_arithmetic() const;
    std::int64_t pairs_to_draw() const;  ///< 0: none
};

}  // namespace lvr::score
