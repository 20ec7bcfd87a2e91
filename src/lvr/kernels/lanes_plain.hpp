// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

// Sixteen float32 numbers side by side. There is one such header for each instruction set, included in the
// anonymous namespace of one source; every operation gives the same bits in all of them.

struct Lanes {
    static constexpr int k_count = 16;
    std::array<float, k_count> v{};

    template <class Formula>
    static Lanes of(const Formula& formula) {
        Lanes result;
        for (std::size_t i = 0; i < k_count; ++i) result.v[i] = formula(i);
        return result;
    }
    static Lanes load(const float* from) {
        return of([&](std::size_t i) { return from[i]; });
    }
    /// The first `count`, and zeros.
    static Lanes load_first(const float* from, std::int64_t count) {
        return of([&](std::size_t i) { return static_cast<std::int64_t>(i) < count ? from[i] : 0.0F; });
    }
    static Lanes all(float value) {
        return of([&](std::size_t) { return value; });
    }
    void store(float* to) const { std::copy_n(v.begin(), k_count, to); }
    void store_first(float* to, std::int64_t count) const { std::copy_n(v.begin(), count, to); }
};

/// What a register holds of them: a product is made part by part.
using Part = Lanes;
constexpr int k_parts = 1;
constexpr int k_tile_rows = 6;  // times four columns of sums: what the registers hold

inline Lanes joined(const Part* parts) { return parts[0]; }

inline Lanes operator+(const Lanes& a, const Lanes& b) {
    return Lanes::of([&](std::size_t i) { return a.v[i] + b.v[i]; });
}
inline Lanes operator-(const Lanes& a, const Lanes& b) {
    return Lanes::of([&](std::size_t i) { return a.v[i] - b.v[i]; });
}
inline Lanes operator*(const Lanes& a, const Lanes& b) {
    return Lanes::of([&](std::size_t i) { return a.v[i] * b.v[i]; });
}
inline Lanes operator/(const Lanes& a, const Lanes& b) {
    return Lanes::of([&](std::size_t i) { return a.v[i] / b.v[i]; });
}
/// a b + c, rounded once.
inline Lanes fused(const Lanes& a, const Lanes& b, const Lanes& c) {
    return Lanes::of([&](std::size_t i) { return std::fma(a.v[i], b.v[i], c.v[i]); });
}
/// b where one is no number.
inline Lanes larger(const Lanes& a, const Lanes& b) {
    return Lanes::of([&](std::size_t i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
}
/// The nearest whole number, ties to even.
inline Lanes rounded(const Lanes& a) {
    return Lanes::of([&](std::size_t i) { return std::nearbyint(a.v[i]); });
}
/// 2^n for whole n from -126 to 127.
inline Lanes power_of_two(const Lanes& n) {
    return Lanes::of(
        [&](std::size_t i) { return std::bit_cast<float>((static_cast<std::int32_t>(n.v[i]) + 127) << 23); });
}
/// a where x < least, else b.
inline Lanes where_below(const Lanes& x, const Lanes& least, const Lanes& a, const Lanes& b) {
    return Lanes::of([&](std::size_t i) { return x.v[i] < least.v[i] ? a.v[i] : b.v[i]; });
}
/// Of each of the four: lanes 8 apart are added, then 4, 2 and 1.
inline void sums(const Lanes& a, const Lanes& b, const Lanes& c, const Lanes& d, float* to) {
    for (const Lanes* one : {&a, &b, &c, &d}) {
        auto part = one->v;
        for (std::size_t half = Lanes::k_count / 2; half > 0; half /= 2)
            for (std::size_t i = 0; i < half; ++i) part[i] += part[i + half];
        *to++ = part[0];
    }
}
