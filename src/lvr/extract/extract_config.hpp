// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/config.hpp>

namespace lvr::extract {

/// A tap that no model has: the card's own is used.
inline constexpr std::int64_t k_tap_of_card = 1000;

/// What `lvr-extract` is asked to do.
struct ExtractConfig {
    std::vector<std::string> representation;
    std::vector<std::string> encoder;
    std::vector<std::string> snapshot;
    std::string models;
    std::string protocol = "native";
    std::string images;
    std::string image_root;
    std::string column = "image";
    std::string out;
    std::int64_t size = 0;
    std::int64_t tap = k_tap_of_card;
    std::string dtype;
    std::string store;
    std::string position_resize;
    std::string project;
    bool flip = false;
    std::int64_t deflate = 0;
    std::int64_t shard_size = 0;
    bool strict = false;
    std::string device = "auto";
    std::int64_t batch = 0;
    std::int64_t threads = 0;
    bool dry_run = false;
    bool list = false;
    bool check = false;
    bool index_only = false;

    core::Fields fields();
    /// @throws Error (usage) for values that make no sense together
    void validate() const;
};

}  // namespace lvr::extract
