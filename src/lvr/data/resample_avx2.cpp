// SPDX-License-Identifier: Apache-2.0
// A weight of 23 bits does not fit the quick 16-bit products, but its two halves do: w = 2^12 high + low, and
// sum(pixel * w) = 2^12 sum(pixel * high) + sum(pixel * low), exactly.
#include <lvr/data/resample_avx2.hpp>

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstring>

namespace lvr::data {
namespace {

#define LVR_AVX2 __attribute__((target("avx2")))

constexpr int k_low_bits = 12;
constexpr int k_group = 4;  // pixels that one 256-bit product takes along a row

std::int16_t low_of(std::int32_t weight) {
    return static_cast<std::int16_t>(weight & ((1 << k_low_bits) - 1));
}
std::int16_t high_of(std::int32_t weight) { return static_cast<std::int16_t>(weight >> k_low_bits); }

/// The weights of one output pixel, four taps to a group, as `madd` wants them: for each half of the register
/// (w0, w1) for red, green and blue.
struct PackedTaps {
    int first = 0, groups = 0;
    std::vector<std::int16_t> low, high;  // [groups, 16]
};

PackedTaps packed(const Taps& taps) {
    constexpr int k_pairs = 3;  // colours; the fourth stays zero
    const auto count = static_cast<int>(taps.weights.size());
    PackedTaps result{taps.first, (count + k_group - 1) / k_group, {}, {}};
    result.low.resize(static_cast<std::size_t>(result.groups) * 16);
    result.high.resize(result.low.size());
    for (int tap = 0; tap < count; ++tap) {
        const int lane = tap / k_group * 16 + tap % k_group / 2 * 8 + tap % 2;
        for (int colour = 0; colour < k_pairs; ++colour) {
            result.low[static_cast<std::size_t>(lane + 2 * colour)] =
                low_of(taps.weights[static_cast<std::size_t>(tap)]);
            result.high[static_cast<std::size_t>(lane + 2 * colour)] =
                high_of(taps.weights[static_cast<std::size_t>(tap)]);
        }
    }
    return result;
}

/// Both halves of sums put together, rounded, and cut to bytes' range (still 32 bits wide).
LVR_AVX2 __m256i joined(__m256i low, __m256i high) {
    const __m256i half = _mm256_set1_epi32(1 << (k_weight_bits - 1));
    const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(high, k_low_bits), low), half);
    return _mm256_srai_epi32(sum, k_weight_bits);
}

LVR_AVX2 __m256i load(const std::int16_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

/// The upper half holds the sums of every second pair.
LVR_AVX2 __m256i folded(__m256i sums) {
    return _mm256_add_epi32(sums, _mm256_permute2x128_si256(sums, sums, 1));
}

/// One output pixel. @return red, green, blue in the low three bytes
LVR_AVX2 std::uint32_t pixel_of(const std::uint8_t* from, const PackedTaps& taps) {
    constexpr char z = -1;                                                                  // a zero
    const __m256i pairs = _mm256_setr_epi8(0, z, 3, z, 1, z, 4, z, 2, z, 5, z, z, z, z, z,  //
                                           6, z, 9, z, 7, z, 10, z, 8, z, 11, z, z, z, z, z);
    __m256i low = _mm256_setzero_si256(), high = low;
    for (int group = 0; group < taps.groups; ++group, from += 3 * k_group) {
        const __m256i four =
            _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
        const __m256i pixels = _mm256_shuffle_epi8(four, pairs);
        low = _mm256_add_epi32(low, _mm256_madd_epi16(pixels, load(taps.low.data() + 16 * group)));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(pixels, load(taps.high.data() + 16 * group)));
    }
    const __m256i colours = joined(folded(low), folded(high));
    const __m256i words = _mm256_packs_epi32(colours, colours);
    return static_cast<std::uint32_t>(_mm256_cvtsi256_si32(_mm256_packus_epi16(words, words)));
}

/// Sums of two rows at once, for 16 bytes of an output row.
struct ColumnSums {
    __m256i low[2], high[2];
};

LVR_AVX2 void add_rows(ColumnSums& sums, const std::uint8_t* upper, const std::uint8_t* lower,
                       std::int32_t upper_weight, std::int32_t lower_weight) {
    const auto both = [](std::int16_t first, std::int16_t second) {
        return static_cast<std::int32_t>(static_cast<std::uint16_t>(first) |
                                         static_cast<std::uint32_t>(static_cast<std::uint16_t>(second))
                                             << 16);
    };
    const __m256i low = _mm256_set1_epi32(both(low_of(upper_weight), low_of(lower_weight)));
    const __m256i high = _mm256_set1_epi32(both(high_of(upper_weight), high_of(lower_weight)));
    const __m256i above = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(upper)));
    const __m256i below = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(lower)));
    const __m256i first = _mm256_unpacklo_epi16(above, below), second = _mm256_unpackhi_epi16(above, below);
    sums.low[0] = _mm256_add_epi32(sums.low[0], _mm256_madd_epi16(first, low));
    sums.low[1] = _mm256_add_epi32(sums.low[1], _mm256_madd_epi16(second, low));
    sums.high[0] = _mm256_add_epi32(sums.high[0], _mm256_madd_epi16(first, high));
    sums.high[1] = _mm256_add_epi32(sums.high[1], _mm256_madd_epi16(second, high));
}

/// 16 bytes of one output row. @param from the first tap's row, at these bytes
LVR_AVX2 void column_bytes(const std::uint8_t* from, std::int64_t stride, const Taps& taps,
                           std::uint8_t* out) {
    const __m256i zero = _mm256_setzero_si256();
    ColumnSums sums = {{zero, zero}, {zero, zero}};
    const auto count = taps.weights.size();
    for (std::size_t tap = 0; tap + 1 < count; tap += 2, from += 2 * stride)
        add_rows(sums, from, from + stride, taps.weights[tap], taps.weights[tap + 1]);
    if (count % 2 == 1) add_rows(sums, from, from, taps.weights[count - 1], 0);
    const __m256i words =
        _mm256_packs_epi32(joined(sums.low[0], sums.high[0]), joined(sums.low[1], sums.high[1]));
    const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(words, words), 0x08);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(bytes));
}

}  // namespace

void resample_rows_avx2(const Pixels& in, std::span<const Taps> taps, std::uint8_t* out) {
    constexpr std::int64_t k_beyond = 16 - 3 * k_group;  // bytes that the last load reads too many
    std::vector<PackedTaps> all;
    for (const auto& tap : taps) all.push_back(packed(tap));
    const std::int64_t stride = std::int64_t{3} * in.width, size = stride * in.height;
    for (int y = 0; y < in.height; ++y) {
        const std::int64_t row = stride * y;
        for (std::size_t x = 0; x < taps.size(); ++x, out += 3) {
            const std::int64_t from = row + std::int64_t{3} * all[x].first;
            if (from + 3 * k_group * all[x].groups + k_beyond > size) {
                resample_pixel(in.rgb + row, taps[x], out);
                continue;
            }
            const std::uint32_t pixel = pixel_of(in.rgb + from, all[x]);
            std::memcpy(out, &pixel, 3);
        }
    }
}

void resample_columns_avx2(const Pixels& in, std::span<const Taps> taps, std::uint8_t* out) {
    constexpr std::int64_t k_step = 16;
    const std::int64_t stride = std::int64_t{3} * in.width;
    for (const auto& tap : taps) {
        std::int64_t x = 0;
        for (; x + k_step <= stride; x += k_step)
            column_bytes(in.rgb + stride * tap.first + x, stride, tap, out + x);
        resample_column_bytes(in, tap, x, stride, out);
        out += stride;
    }
}

}  // namespace lvr::data
#else
namespace lvr::data {

void resample_rows_avx2(const Pixels& in, std::span<const Taps> taps, std::uint8_t* out) {
    resample_rows(in, taps, out, Instructions::plain);
}
void resample_columns_avx2(const Pixels& in, std::span<const Taps> taps, std::uint8_t* out) {
    resample_columns(in, taps, out, Instructions::plain);
}

}  // namespace lvr::data
#endif
