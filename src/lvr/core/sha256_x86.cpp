// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/sha256_blocks.hpp>

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

namespace lvr::core {
namespace {

bool has_instructions() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    const unsigned both = bit_SSSE3 | bit_SSE4_1;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & both) != both) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

/// The instructions want the state as (a, b, e, f) and (c, d, g, h), highest word first.
[[gnu::target("sha,sse4.1,ssse3")]] void blocks_x86(Sha256State& state, const unsigned char* blocks,
                                                    std::size_t count) {
    const auto swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    auto* words = reinterpret_cast<__m128i*>(state.data());
    const auto* constants = reinterpret_cast<const __m128i*>(k_sha256_rounds.data());
    const auto cdab = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
    const auto efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
    auto abef = _mm_alignr_epi8(cdab, efgh, 8);
    auto cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
    for (; count > 0; --count, blocks += 64) {
        const auto abef_before = abef, cdgh_before = cdgh;
        __m128i w[16];  // four words of the schedule each
        for (int i = 0; i < 16; ++i) {
            if (i < 4)
                w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks) + i), swap);
            else
                w[i] = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w[i - 4], w[i - 3]),
                                                          _mm_alignr_epi8(w[i - 1], w[i - 2], 4)),
                                            w[i - 1]);
            const auto message = _mm_add_epi32(w[i], _mm_loadu_si128(constants + i));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, message);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(message, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    const auto feba = _mm_shuffle_epi32(abef, 0x1b);
    const auto dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace

Sha256Blocks sha256_blocks_of_processor() {
    static const bool has = has_instructions();
    return has ? blocks_x86 : nullptr;
}

}  // namespace lvr::core

#else

namespace lvr::core {

Sha256Blocks sha256_blocks_of_processor() { return nullptr; }

}  // namespace lvr::core

#endif
