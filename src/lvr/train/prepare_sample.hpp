// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <lvr/train/pipeline.hpp>

namespace lvr::train {

/// A sample as its micro-batch takes it.
struct PreparedSample {
    vlm::Tokens tokens;
    PreparedImage image;      ///< empty where nothing is seen of it
    std::int64_t images = 0;  ///< how many times splice takes it
    std::int64_t labels = 0, length = 0;
    std::optional<BadSample> bad;  ///< then the rest is without meaning
};

/// What stands behind the splice of a sample.
struct Extent {
    std::int64_t length = 0;  ///< positions
    std::int64_t labels = 0;  ///< learned: those at position 1 and behind that are not ignored
};

/// @param image_tokens T of each placeholder @param longest positions that are kept; 0: all
Extent extent_of(const vlm::Tokens& tokens, std::int64_t image_tokens, std::int64_t longest);

/// Reads, tokenises and collates a sample, and prepares its picture if that is seen.
/// @throws core::Error naming the sample as Pipeline::next
PreparedSample prepare_sample(const PipelineSpec& spec, std::int64_t sample);

}  // namespace lvr::train
