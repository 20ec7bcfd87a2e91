// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>

namespace lvr::files {

// A folder of caption log-likelihoods, eval/<model>/caption_loglik: manifest.json (shard_manifest.hpp) and
// part-000000.h5, part-000001.h5, ... Part s holds the pairs [s * shard_size, ...) of the evaluation's list,
// n of them:
//   image_id        [n]  UTF-8; an image is in one pair of the folder
//   log_likelihood  [n]  float64, nats, at most 0: the sum over the caption's tokens of the logarithm of each
//   one's
//                        probability, given the image and the tokens before it, under the model whose
//                        projector alone was trained (stage 1)
//   tokens          [n]  int64, above 0: how many tokens that is
// Attributes of the root: schema = "lvr.caption_loglik", version = 1, and the provenance; in it,
// `representation` is the name that results have.

struct CaptionLoglik {
    std::vector<std::string> image_ids;
    std::vector<double> log_likelihood;  ///< nats
    std::vector<std::int64_t> tokens;
    core::Json provenance;
};

/// Writes a part, complete or absent; equal content is equal bytes.
/// @throws Error (output) if it cannot be written; (internal) if its lists differ in length or hold what no
/// part may
void write_caption_loglik_part(const std::filesystem::path& file, const CaptionLoglik& pairs);

/// @throws Error (input) naming the file: missing, damaged, of another schema, or holding what no part may
CaptionLoglik read_caption_loglik_part(const std::filesystem::path& file);

/// All pairs of a folder, in order; the provenance is the first part's.
/// @throws Error (input) naming the file: a part that is missing or does not fit the manifest, an image that
/// is there twice
CaptionLoglik read_caption_loglik(const std::filesystem::path& folder);

}  // namespace lvr::files
