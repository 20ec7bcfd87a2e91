// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace lvr::kernels {

/// Tokens, and what their products are divided by.
struct MatchTokens {
    explicit MatchTokens(const at::Tensor& tokens_ND);

    at::Tensor values;             ///< [n, D] float32
    std::vector<double> divisors;  ///< of cosines (best_match_divisor.hpp); not finite where a token is not
    at::Tensor scaled;  ///< `values`; rows of extreme norm times a power of two: no product leaves the range
    std::vector<double> scaled_norms, scaled_divisors;

    std::int64_t count() const { return values.size(0); }
    std::int64_t channels() const { return values.size(1); }
    const float* row(std::int64_t i) const { return values.const_data_ptr<float>() + i * channels(); }
    bool is_finite() const;

  private:
    void rescale();
};

}  // namespace lvr::kernels
