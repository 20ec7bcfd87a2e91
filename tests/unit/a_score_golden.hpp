// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/core/json.hpp>

namespace lvr::test {

/// One of the representations of tests/golden/a_score_golden.json.
struct GoldenTokens {
    std::string name;
    std::int64_t number = 0;  ///< r of the generator that the file describes
    std::int64_t tokens = 0;
};
inline const std::vector<GoldenTokens> k_golden_representations = {
    {"clip336", 1, 36}, {"clip224", 2, 16}, {"dino", 3, 16}, {"sd2_1", 4, 25}};
inline constexpr int k_golden_references = 2;  ///< the first of them
inline constexpr std::int64_t k_golden_images = 100, k_golden_channels = 64;

/// @param image 1 to 100 in the golden data
/// @return [tokens, channels] float32
at::Tensor golden_tokens(const GoldenTokens& representation, std::int64_t image,
                         std::int64_t channels = k_golden_channels);

/// tests/golden/NAME
core::Json golden_json(const std::string& name);

/// A JSON array of arrays of numbers as float32. @return [rows, columns]
at::Tensor matrix(const core::Json& rows);

}  // namespace lvr::test
