// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/row_arithmetic.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace lvr::kernels {
namespace {

// Vectors of one width for all: where the processor has shorter ones, the compiler takes several.
constexpr int k_lanes = 16;
using Floats = float __attribute__((vector_size(4 * k_lanes)));
using Bits = std::uint32_t __attribute__((vector_size(4 * k_lanes)));
using Halves = std::uint16_t __attribute__((vector_size(2 * k_lanes)));
using Doubles = double __attribute__((vector_size(8 * k_lanes)));

#define LVR_INLINE [[gnu::always_inline]] inline

template <class Sum>
using Sums = std::array<Sum, 2>;  // several chains of additions, each too slow alone

constexpr std::int64_t k_step = 2 * k_lanes;

template <class Vector>
LVR_INLINE void load(const float* from, Vector& into) {
    std::memcpy(&into, from, sizeof into);
}

struct Product {  // in double, where a product of two floats is exact
    using Sum = Doubles;
    LVR_INLINE static void add(Sum& sum, const float* a, const float* b) {
        Floats a_lanes, b_lanes;
        load(a, a_lanes);
        load(b, b_lanes);
        sum += __builtin_convertvector(a_lanes, Doubles) * __builtin_convertvector(b_lanes, Doubles);
    }
};

LVR_INLINE void round(const Floats& values,
                      Bits& bits) {  // by reference: vectors have no fixed way into a function
    std::memcpy(&bits, &values, sizeof bits);
    bits = (bits + 0x7fffU + ((bits >> 16) & 1U)) & 0xffff0000U;
}

struct RoundedProduct {
    using Sum = Floats;
    LVR_INLINE static void add(Sum& sum, const float* a, const float* b) {
        Floats a_lanes, b_lanes;
        load(a, a_lanes);
        load(b, b_lanes);
        a_lanes *= b_lanes;
        Bits bits;
        round(a_lanes, bits);
        std::memcpy(&a_lanes, &bits, sizeof bits);
        sum += a_lanes;
    }
};

/// Lane i sums the terms i, i + k_step, ...; the lanes are then added in pairs.
template <class Term>
LVR_INLINE auto sum_of(const float* a, const float* b, std::int64_t length) {
    Sums<typename Term::Sum> sums{};
    std::int64_t i = 0;
    for (; i + k_step <= length; i += k_step) {
        Term::add(sums[0], a + i, b + i);
        Term::add(sums[1], a + i + k_lanes, b + i + k_lanes);
    }
    if (i < length) {
        std::array<float, k_step> a_rest{}, b_rest{};
        std::copy(a + i, a + length, a_rest.begin());
        std::copy(b + i, b + length, b_rest.begin());
        Term::add(sums[0], a_rest.data(), b_rest.data());
        Term::add(sums[1], a_rest.data() + k_lanes, b_rest.data() + k_lanes);
    }
    sums[0] += sums[1];
    for (int half = k_lanes / 2; half > 0; half /= 2) {
        for (int lane = 0; lane < half; ++lane) sums[0][lane] += sums[0][lane + half];
    }
    return sums[0][0];
}

LVR_INLINE float scale_body(float* row, const float* factors, std::int64_t length) {
    constexpr float k_lowest = -std::numeric_limits<float>::infinity();
    Floats largest = Floats{} + k_lowest;
    std::int64_t i = 0;
    for (; i + k_lanes <= length; i += k_lanes) {
        Floats values, scales;
        load(row + i, values);
        load(factors + i, scales);
        values *= scales;
        std::memcpy(row + i, &values, sizeof values);
        largest = values > largest ? values : largest;
    }
    float result = k_lowest;
    for (int lane = 0; lane < k_lanes; ++lane) result = std::max(result, largest[lane]);
    for (; i < length; ++i) {
        row[i] *= factors[i];
        result = std::max(result, row[i]);
    }
    return result;
}

/// One step of round_body.
LVR_INLINE void round_lanes(const float* from, std::uint16_t* to, Floats& squares) {
    Floats values, rounded;
    Bits bits;
    load(from, values);
    round(values, bits);
    std::memcpy(&rounded, &bits, sizeof rounded);
    const Halves halves = __builtin_convertvector(bits >> 16, Halves);
    std::memcpy(to, &halves, sizeof halves);
    values -= rounded;
    squares += values * values;
}

LVR_INLINE float round_body(const float* from, std::uint16_t* to, std::int64_t length) {
    Floats squares{};
    std::int64_t i = 0;
    for (; i + k_lanes <= length; i += k_lanes) round_lanes(from + i, to + i, squares);
    if (i < length) {
        std::array<float, k_lanes> rest{};
        std::array<std::uint16_t, k_lanes> rounded{};
        std::copy(from + i, from + length, rest.begin());
        round_lanes(rest.data(), rounded.data(), squares);
        std::copy_n(rounded.begin(), length - i, to + i);
    }
    for (int half = k_lanes / 2; half > 0; half /= 2) {
        for (int lane = 0; lane < half; ++lane) squares[lane] += squares[lane + half];
    }
    return squares[0];
}

#define LVR_LOOPS(name, attribute)                                                           \
    attribute double dot_##name(const float* a, const float* b, std::int64_t n) {            \
        return sum_of<Product>(a, b, n);                                                     \
    }                                                                                        \
    attribute float scale_row_##name(float* row, const float* factors, std::int64_t n) {     \
        return scale_body(row, factors, n);                                                  \
    }                                                                                        \
    attribute float dot_of_rounded_##name(const float* a, const float* b, std::int64_t n) {  \
        return sum_of<RoundedProduct>(a, b, n);                                              \
    }                                                                                        \
    attribute float round_row_##name(const float* from, std::uint16_t* to, std::int64_t n) { \
        return round_body(from, to, n);                                                      \
    }                                                                                        \
    constexpr RowLoops k_##name = {dot_##name, scale_row_##name, dot_of_rounded_##name, round_row_##name};

LVR_LOOPS(plain, )
#if defined(__x86_64__)
LVR_LOOPS(avx2, [[gnu::target("avx2")]])
LVR_LOOPS(avx512, [[gnu::target("avx512f")]])
#endif

const RowLoops& loops() {
    static const RowLoops chosen = row_loops().back();
    return chosen;
}

}  // namespace

std::vector<RowLoops> row_loops() {
    std::vector<RowLoops> all = {k_plain};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) all.push_back(k_avx2);
    if (__builtin_cpu_supports("avx512f")) all.push_back(k_avx512);
#endif
    return all;
}

double dot(const float* a, const float* b, std::int64_t length) { return loops().dot(a, b, length); }

float scale_row(float* row, const float* factors, std::int64_t length) {
    return loops().scale_row(row, factors, length);
}

float dot_of_rounded(const float* a, const float* b, std::int64_t length) {
    return loops().dot_of_rounded(a, b, length);
}

float round_row(const float* from, std::uint16_t* to, std::int64_t length) {
    return loops().round_row(from, to, length);
}

float rounded_to_bfloat16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return std::bit_cast<float>((bits + 0x7fffU + ((bits >> 16) & 1U)) & 0xffff0000U);
}

}  // namespace lvr::kernels
