// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/error.hpp>
#include <lvr/kernels/best_match_rule.hpp>
#ifdef LVR_HAS_CUDA
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/DeviceGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <limits>
#include <string>

#include <lvr/kernels/best_match_gpu.hpp>
#endif

namespace lvr::kernels {

#ifdef LVR_HAS_CUDA
namespace {

constexpr std::int64_t k_most_in_grid = 65535;  // blocks down and in depth

// Tensor cores: inputs are rounded to half precision, sums truncated to single.
constexpr double k_half_roundoff = 0x1p-11, k_sum_roundoff = 0x1p-22;

void expect(cudaError_t status) {
    if (status == cudaSuccess) return;
    throw core::Error(core::ErrorKind::resource,
                      std::string("the GPU failed at best_match: ") + cudaGetErrorString(status),
                      "its result is lost", "use --device cpu, or another GPU");
}

/// One side, with the memory that its steps fill.
struct Side {
    at::Tensor tokens_BND, halves, divisors_BN, inverses;

    explicit Side(const at::Tensor& tokens)
        : tokens_BND((tokens.dim() == 2 ? tokens.unsqueeze(0) : tokens).contiguous()) {
        const auto pairs = tokens_BND.size(0), count = tokens_BND.size(1);
        halves = at::empty({pairs, count, stride()}, tokens.options().dtype(at::kHalf));
        divisors_BN = at::empty({pairs, count}, tokens.options().dtype(at::kDouble));
        inverses = at::empty({pairs, count}, tokens.options().dtype(at::kFloat));
    }

    std::int64_t stride() const {
        constexpr auto k_step = BlockMaxima::k_step;
        return (tokens_BND.size(2) + k_step - 1) / k_step * k_step;
    }

    TokenRows rows() {
        const auto type = tokens_BND.scalar_type();
        return {.tokens = tokens_BND.const_data_ptr(),
                .type = type == at::kFloat  ? TokenType::float32
                        : type == at::kHalf ? TokenType::float16
                                            : TokenType::bfloat16,
                .pairs = tokens_BND.size(0),
                .count = tokens_BND.size(1),
                .length = tokens_BND.size(2),
                .stride = stride(),
                .halves = halves.mutable_data_ptr(),
                .divisors = divisors_BN.mutable_data_ptr<double>(),
                .inverses = inverses.mutable_data_ptr<float>()};
    }
};

}  // namespace

at::Tensor best_match_on_gpu(const at::Tensor& x_ND, const at::Tensor& y_MD, MatchPrecision precision) {
    const c10::DeviceGuard guard(x_ND.device());
    const auto stream = c10::cuda::getCurrentCUDAStream().stream();
    const bool is_one_type = x_ND.scalar_type() == y_MD.scalar_type();
    Side x(is_one_type ? x_ND : x_ND.to(at::kFloat)), y(is_one_type ? y_MD : y_MD.to(at::kFloat));
    const TokenRows x_rows = x.rows(), y_rows = y.rows();
    const auto blocks = (y_rows.count + BlockMaxima::k_block - 1) / BlockMaxima::k_block;
    core::ensure(x_rows.pairs <= k_most_in_grid && x_rows.count <= k_most_in_grid * BlockMaxima::k_block &&
                     y_rows.count <= std::numeric_limits<std::int32_t>::max(),
                 "more tokens or pairs than best_match's grid takes");
    const auto shape = x.divisors_BN.sizes();
    auto cosines = at::empty(shape, x.divisors_BN.options());
    if (cosines.numel() > 0) {
        auto best = at::empty({shape[0], shape[1], blocks}, x.inverses.options());
        auto second = at::empty_like(best);
        auto column = at::empty(best.sizes(), best.options().dtype(at::kInt));
        const BlockMaxima maxima{best.mutable_data_ptr<float>(), second.mutable_data_ptr<float>(),
                                 column.mutable_data_ptr<std::int32_t>(), blocks};
        const double error = 2 * k_half_roundoff + product_error(x_rows.length, k_sum_roundoff);
        expect(prepare_rows(x_rows, stream));
        expect(prepare_rows(y_rows, stream));
        expect(find_block_maxima(x_rows, y_rows, maxima, stream));
        expect(refine_maxima(x_rows, y_rows, maxima, precision == MatchPrecision::float64 ? 2 * error : -1,
                             cosines.mutable_data_ptr<double>(), stream));
        const auto unusable = y.divisors_BN.isfinite().logical_not().any(1, /*keepdim=*/true);
        cosines.masked_fill_(unusable, std::numeric_limits<double>::quiet_NaN());
    }
    return x_ND.dim() == 2 ? cosines[0] : cosines;
}

#else

at::Tensor best_match_on_gpu(const at::Tensor&, const at::Tensor&, MatchPrecision) {
    throw core::Error(core::ErrorKind::internal, "best_match: tokens on a GPU, in a build without CUDA");
}

#endif

}  // namespace lvr::kernels
