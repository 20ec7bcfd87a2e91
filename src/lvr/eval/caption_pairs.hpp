// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <lvr/data/llava_list.hpp>
#include <lvr/data/tokenizer.hpp>
#include <lvr/par/comm.hpp>

namespace lvr::eval {

/// Image-caption pairs of a list.
struct CaptionPairs {
    std::shared_ptr<const data::LlavaList> list;
    std::vector<std::int64_t> chosen;  ///< samples of the list, in its order; no two of one picture
    std::string sha256;                ///< of the list
};

/// Collective: which pairs count. A sample by the seed alone of those that are sound (a picture and a caption
/// that is not empty); of samples with the same picture the first that is drawn.
/// @param count 0: all
/// @throws Error (input) if the list is damaged, or has fewer pairs
CaptionPairs choose_pairs(const par::Comm& group, const std::string& file, std::int64_t count,
                          std::uint64_t seed);

/// A pair as the model takes it: the plain template, as stage 1 learns it.
struct CaptionTokens {
    std::vector<std::int64_t> prompt;   ///< BOS and k_image_id
    std::vector<std::int64_t> caption;  ///< with the line end behind it
};
/// @throws Error (input) naming the sample
CaptionTokens tokens_of(const data::LlavaSample& pair, const data::Tokenizer& tokenizer);

}  // namespace lvr::eval
