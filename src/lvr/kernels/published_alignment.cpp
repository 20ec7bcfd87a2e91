// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/best_match.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/kernels/best_match_rule.hpp>
#include <lvr/kernels/row_arithmetic.hpp>

namespace lvr::kernels {
namespace {

/// Divides each row by its norm, as bfloat16 numbers; `epsilon` is added, `floor` is the least. False if
/// something is not finite.
bool divide_rows(at::Tensor& rows_ND, float epsilon, float floor) {
    const auto channels = rows_ND.size(1);
    auto* row = rows_ND.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < rows_ND.size(0); ++i, row += channels) {
        const auto norm = static_cast<float>(std::sqrt(dot(row, row, channels)));
        const float divisor =
            rounded_to_bfloat16(std::max(rounded_to_bfloat16(norm) + epsilon, rounded_to_bfloat16(floor)));
        if (!std::isfinite(divisor)) return false;
        for (std::int64_t c = 0; c < channels; ++c) row[c] = rounded_to_bfloat16(row[c] / divisor);
    }
    return true;
}

/// float32 copies of bfloat16 numbers; what is left of rows after the published normalisation and the
/// library's.
bool normalised(const at::Tensor& tokens_ND, at::Tensor& unit_ND) {
    unit_ND = tokens_ND.to(at::kBFloat16).to(at::kFloat).contiguous();
    if (unit_ND.is_same(tokens_ND)) unit_ND = unit_ND.clone();
    return divide_rows(unit_ND, static_cast<float>(k_norm_epsilon), 0) &&
           divide_rows(unit_ND, 0, static_cast<float>(k_norm_floor));
}

}  // namespace

double published_alignment(const at::Tensor& x_ND, const at::Tensor& y_MD) {
    core::ensure(x_ND.dim() == 2 && y_MD.dim() == 2 && x_ND.size(1) == y_MD.size(1) && x_ND.size(0) >= 1 &&
                     y_MD.size(0) >= 1 && x_ND.is_cpu() && y_MD.is_cpu(),
                 "published_alignment takes [n, D] and [m, D] on the CPU");
    at::Tensor x, y;
    if (!normalised(x_ND, x) || !normalised(y_MD, y)) return std::numeric_limits<double>::quiet_NaN();
    const auto channels = x.size(1);
    std::vector<float> best(static_cast<std::size_t>(x.size(0)), -std::numeric_limits<float>::infinity());
    const auto* token = x.const_data_ptr<float>();
    for (auto& largest : best) {
        const auto* reference = y.const_data_ptr<float>();
        for (std::int64_t j = 0; j < y.size(0); ++j, reference += channels)
            largest = std::max(largest, rounded_to_bfloat16(dot_of_rounded(token, reference, channels)));
        token += channels;
    }
    double sum = 0;
    for (const float cosine : best) sum += static_cast<double>(cosine);
    return static_cast<double>(
        rounded_to_bfloat16(static_cast<float>(sum) / static_cast<float>(best.size())));
}

}  // namespace lvr::kernels
