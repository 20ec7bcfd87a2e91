// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace lvr::kernels {

// The three steps of best_match on a GPU (best_match.cu), on bare pointers to its memory: B pairs of n and m
// tokens of `length` channels.

enum class TokenType { float32, float16, bfloat16 };

/// One side of all pairs.
struct TokenRows {
    const void* tokens = nullptr;  ///< [B, count, length], contiguous
    TokenType type = TokenType::float32;
    std::int64_t pairs = 0, count = 0, length = 0;
    std::int64_t stride = 0;     ///< of `halves`: length rounded up to whole steps of the product
    void* halves = nullptr;      ///< [B, count, stride] float16: each row times a power of two, then zeros
    double* divisors = nullptr;  ///< [B, count]: of cosines of `tokens`; not finite where a row is not
    float* inverses = nullptr;   ///< [B, count]: what turns products of `halves` into cosines
};

/// Of each row of x and each block of `k_block` rows of y: the largest product over the norm of y, where it
/// is, and the second largest.
struct BlockMaxima {
    static constexpr std::int64_t k_block = 128, k_step = 32;
    float *best = nullptr, *second = nullptr;  ///< [B, n, blocks]
    std::int32_t* column = nullptr;            ///< [B, n, blocks]
    std::int64_t blocks = 0;
};

/// Fills `halves`, `divisors` and `inverses`.
cudaError_t prepare_rows(const TokenRows& rows, cudaStream_t stream);

cudaError_t find_block_maxima(const TokenRows& x, const TokenRows& y, const BlockMaxima& maxima,
                              cudaStream_t stream);

/// @param slack of cosines: what lies further below a row's maximum is not above it in truth. Below 0: the
/// maxima are taken as they are
/// @param cosines [B, n]
cudaError_t refine_maxima(const TokenRows& x, const TokenRows& y, const BlockMaxima& maxima, double slack,
                          double* cosines, cudaStream_t stream);

}  // namespace lvr::kernels
