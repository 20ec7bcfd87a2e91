// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/match_tokens.hpp>

#include <algorithm>
#include <cmath>

#include <lvr/kernels/best_match_divisor.hpp>
#include <lvr/kernels/row_arithmetic.hpp>

namespace lvr::kernels {
namespace {

// Norms between which no product of two rows leaves the range of single precision, nor loses anything that
// counts.
constexpr double k_least_norm = 1e-8, k_largest_norm = 1e12;

bool is_extreme(double norm) {
    return norm != 0 && std::isfinite(norm) && (norm < k_least_norm || norm > k_largest_norm);
}

}  // namespace

MatchTokens::MatchTokens(const at::Tensor& tokens_ND) : values(tokens_ND.to(at::kFloat).contiguous()) {
    for (std::int64_t i = 0; i < count(); ++i) {
        scaled_norms.push_back(std::sqrt(dot(row(i), row(i), channels())));
        divisors.push_back(divisor_of(scaled_norms.back()));
    }
    scaled = values;
    scaled_divisors = divisors;
    if (std::ranges::any_of(scaled_norms, is_extreme)) rescale();
}

/// Elements far below their row's norm may vanish: they do not count.
void MatchTokens::rescale() {
    scaled = values.clone();
    auto* token = scaled.mutable_data_ptr<float>();
    for (std::size_t i = 0; i < scaled_norms.size(); ++i, token += channels()) {
        if (!is_extreme(scaled_norms[i])) continue;
        const double scale = std::ldexp(1.0, -std::ilogb(scaled_norms[i]));
        for (std::int64_t c = 0; c < channels(); ++c)
            token[c] = static_cast<float>(static_cast<double>(token[c]) * scale);
        scaled_divisors[i] *= scale;
        scaled_norms[i] *= scale;
    }
}

bool MatchTokens::is_finite() const {
    return std::ranges::all_of(divisors, [](double divisor) { return std::isfinite(divisor); });
}

}  // namespace lvr::kernels
