// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/config.hpp>

namespace lvr::score {

/// Scores of a model whose training had no seed that anybody knows.
inline constexpr std::int64_t k_no_seed = -1;

/// What `lvr-score` without a command is asked to do: to bring in features, or scores.
struct ImportConfig {
    std::string import_features;
    std::string out;
    std::string suffix;
    std::int64_t shard_size = 0;
    std::vector<std::string> import_scores;
    std::string results;
    std::string representation;
    std::int64_t seed = k_no_seed;

    core::Fields fields();
    /// @throws Error (usage) for values that make no sense together
    void validate() const;
};

}  // namespace lvr::score
