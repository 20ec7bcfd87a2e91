// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lvr::vlm {

/// Which samples share a sequence of at most `longest` tokens: first-fit decreasing; of equal lengths the
/// earlier sample first. What is longer than that has a sequence of its own. In O(n log n).
/// @param lengths tokens of each sample; less than one counts as one
/// @return sample numbers, each once; a pack lists them longest first
std::vector<std::vector<std::int64_t>> pack_first_fit(std::span<const std::int64_t> lengths,
                                                      std::int64_t longest);

}  // namespace lvr::vlm
