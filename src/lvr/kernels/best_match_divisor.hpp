// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifdef __CUDACC__
#define LVR_ON_BOTH __host__ __device__
#else
#define LVR_ON_BOTH
#endif

namespace lvr::kernels {

inline constexpr double k_norm_epsilon = 1e-10, k_norm_floor = 1e-8;

/// What a token's products are divided by: norm' = norm / (norm + 1e-10), and the divisor is (norm + 1e-10)
/// max(norm', 1e-8).
LVR_ON_BOTH inline double divisor_of(double norm) {
    const double least = k_norm_floor * (norm + k_norm_epsilon);
    return norm > least ? norm : least;
}

}  // namespace lvr::kernels
