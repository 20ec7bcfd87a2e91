// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/par/comm.hpp>
#include <lvr/score/align_images.hpp>

namespace lvr::score {

struct CosineSpec {
    std::string precision = "float64";  ///< as AlignConfig has it
    bool published_rounding = false;    ///< everything in bfloat16
    std::string device = "cpu";
    std::int64_t threads = 0;  ///< of this rank; 0: its share of the node's cores
};

/// Collective: the images' scores against each reference. A score is the mean, over an image's tokens, of the
/// largest cosine with the reference's tokens of the same image (kernels/best_match.hpp). Ranks share the
/// images, and hold one image of two folders at a time per thread; the scores do not depend on their number.
/// @return [images, references], the same on every rank
/// @throws Error (input) naming the folder and the image where a value is not finite; (interrupted); what
/// reading throws
std::vector<double> cosine_scores(const par::Comm& comm, const Alignment& alignment, const CosineSpec& spec);

}  // namespace lvr::score
