// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cstdint>

// lanes_plain.hpp in AVX2 with FMA: two registers.

struct Part {
    __m256 v;

    /// Ones in the first `count` lanes, of eight.
    static __m256i first(std::int64_t count) {
        const auto lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        const auto limit = std::clamp<std::int64_t>(count, 0, 8);
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(limit)), lanes);
    }
    static Part load(const float* from) { return {_mm256_loadu_ps(from)}; }
    static Part load_first(const float* from, std::int64_t count) {
        return {_mm256_maskload_ps(from, first(count))};
    }
    static Part all(float value) { return {_mm256_set1_ps(value)}; }
};

constexpr int k_parts = 2;
constexpr int k_tile_rows = 3;

struct Lanes {
    static constexpr int k_count = 16;
    Part low, high;

    static Lanes load(const float* from) { return {Part::load(from), Part::load(from + 8)}; }
    static Lanes load_first(const float* from, std::int64_t count) {
        return {Part::load_first(from, count), Part::load_first(from + 8, count - 8)};
    }
    static Lanes all(float value) { return {Part::all(value), Part::all(value)}; }
    void store(float* to) const {
        _mm256_storeu_ps(to, low.v);
        _mm256_storeu_ps(to + 8, high.v);
    }
    void store_first(float* to, std::int64_t count) const {
        _mm256_maskstore_ps(to, Part::first(count), low.v);
        _mm256_maskstore_ps(to + 8, Part::first(count - 8), high.v);
    }
};

inline Lanes joined(const Part* parts) { return {parts[0], parts[1]}; }

inline Part fused(const Part& a, const Part& b, const Part& c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline Lanes operator+(const Lanes& a, const Lanes& b) {
    return {{_mm256_add_ps(a.low.v, b.low.v)}, {_mm256_add_ps(a.high.v, b.high.v)}};
}
inline Lanes operator-(const Lanes& a, const Lanes& b) {
    return {{_mm256_sub_ps(a.low.v, b.low.v)}, {_mm256_sub_ps(a.high.v, b.high.v)}};
}
inline Lanes operator*(const Lanes& a, const Lanes& b) {
    return {{_mm256_mul_ps(a.low.v, b.low.v)}, {_mm256_mul_ps(a.high.v, b.high.v)}};
}
inline Lanes operator/(const Lanes& a, const Lanes& b) {
    return {{_mm256_div_ps(a.low.v, b.low.v)}, {_mm256_div_ps(a.high.v, b.high.v)}};
}
inline Lanes fused(const Lanes& a, const Lanes& b, const Lanes& c) {
    return {fused(a.low, b.low, c.low), fused(a.high, b.high, c.high)};
}
inline Lanes larger(const Lanes& a, const Lanes& b) {
    return {{_mm256_max_ps(a.low.v, b.low.v)}, {_mm256_max_ps(a.high.v, b.high.v)}};
}
inline Lanes rounded(const Lanes& a) {
    constexpr int k_nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    return {{_mm256_round_ps(a.low.v, k_nearest)}, {_mm256_round_ps(a.high.v, k_nearest)}};
}
inline Part power_of_two(const Part& n) {
    const auto exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
    return {_mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23))};
}
inline Lanes power_of_two(const Lanes& n) { return {power_of_two(n.low), power_of_two(n.high)}; }
inline Part where_below(const Part& x, const Part& least, const Part& a, const Part& b) {
    return {_mm256_blendv_ps(b.v, a.v, _mm256_cmp_ps(x.v, least.v, _CMP_LT_OQ))};
}
inline Lanes where_below(const Lanes& x, const Lanes& least, const Lanes& a, const Lanes& b) {
    return {where_below(x.low, least.low, a.low, b.low), where_below(x.high, least.high, a.high, b.high)};
}

inline __m256 half_sum(const Lanes& x) { return _mm256_add_ps(x.low.v, x.high.v); }
