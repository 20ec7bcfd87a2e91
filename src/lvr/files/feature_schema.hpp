// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lvr/files/features.hpp>
#include <lvr/files/hdf5.hpp>

namespace lvr::files {

// What the writer, the readers and the index of feature files share.

inline constexpr const char* k_part_schema = "lvr.features";
inline constexpr const char* k_index_schema = "lvr.features.index";
inline constexpr std::int64_t k_feature_version = 1;
inline constexpr const char* k_tokens = "tokens";
inline constexpr const char* k_tokens_flipped = "tokens_flipped";

/// What an image of a part is, besides its tokens.
struct ImageRows {
    std::vector<std::string> ids;
    std::vector<std::int8_t> status;
    std::vector<std::string> reasons;
};

H5Number number_for(StorageType type);

/// The datasets image_id, status (with its meaning) and reason.
void write_image_rows(const H5Group& root, const ImageRows& rows);

/// @throws Error (input) unless all three have `images` entries, and each status is one
ImageRows read_image_rows(const H5Group& root, std::int64_t images);

/// [n, T, D] of a part's dataset, and its type. @throws Error (input) if it is not one of ours
struct TokenShape {
    StorageType type = StorageType::float16;
    std::int64_t images = 0, tokens = 0, channels = 0;
    friend bool operator==(const TokenShape&, const TokenShape&) = default;
};
TokenShape token_shape(const H5Group& root, const char* dataset);

/// Attributes `schema` and `version`. @throws Error (input) if they are not these
void check_schema(const H5Group& root, const std::string& schema);

}  // namespace lvr::files
