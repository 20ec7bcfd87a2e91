// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <immintrin.h>

// The sums of lanes_plain.hpp, for registers of either length: half_sum has added lanes 8 apart.

inline __m256 pair_sum(__m256 a, __m256 b) {
    return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}

inline void sums(const Lanes& a, const Lanes& b, const Lanes& c, const Lanes& d, float* to) {
    const auto ab = pair_sum(half_sum(a), half_sum(b)), cd = pair_sum(half_sum(c), half_sum(d));
    const auto twos = _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xee));
    const auto ones = _mm256_add_ps(_mm256_shuffle_ps(twos, twos, 0x88), _mm256_shuffle_ps(twos, twos, 0xdd));
    // ones: a c a c, b d b d
    _mm_storeu_ps(to, _mm_unpacklo_ps(_mm256_castps256_ps128(ones), _mm256_extractf128_ps(ones, 1)));
}
