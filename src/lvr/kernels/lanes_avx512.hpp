// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <immintrin.h>

#include <cstdint>

// lanes_plain.hpp in AVX-512.

struct Lanes {
    static constexpr int k_count = 16;
    __m512 v;

    static __mmask16 first(std::int64_t count) { return static_cast<__mmask16>((1U << count) - 1U); }
    static Lanes load(const float* from) { return {_mm512_loadu_ps(from)}; }
    static Lanes load_first(const float* from, std::int64_t count) {
        return {_mm512_maskz_loadu_ps(first(count), from)};
    }
    static Lanes all(float value) { return {_mm512_set1_ps(value)}; }
    void store(float* to) const { _mm512_storeu_ps(to, v); }
    void store_first(float* to, std::int64_t count) const { _mm512_mask_storeu_ps(to, first(count), v); }
};

using Part = Lanes;
constexpr int k_parts = 1;
constexpr int k_tile_rows = 6;

inline Lanes joined(const Part* parts) { return parts[0]; }

inline Lanes operator+(const Lanes& a, const Lanes& b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Lanes operator-(const Lanes& a, const Lanes& b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Lanes operator*(const Lanes& a, const Lanes& b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Lanes operator/(const Lanes& a, const Lanes& b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Lanes fused(const Lanes& a, const Lanes& b, const Lanes& c) {
    return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
inline Lanes larger(const Lanes& a, const Lanes& b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Lanes rounded(const Lanes& a) {
    return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
inline Lanes power_of_two(const Lanes& n) {
    const auto exponent = _mm512_add_epi32(_mm512_cvtps_epi32(n.v), _mm512_set1_epi32(127));
    return {_mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23))};
}
inline Lanes where_below(const Lanes& x, const Lanes& least, const Lanes& a, const Lanes& b) {
    return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, least.v, _CMP_LT_OQ), b.v, a.v)};
}

inline __m256 half_sum(const Lanes& x) {
    // With a mask, though of ones: without one GCC 12 warns of its own header.
    const auto wide = _mm512_castps_pd(x.v);
    return _mm256_add_ps(_mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xff, wide, 0)),
                         _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xff, wide, 1)));
}
