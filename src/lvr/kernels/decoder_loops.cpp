// SPDX-License-Identifier: Apache-2.0
#include <lvr/kernels/decoder_loops.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include <lvr/kernels/decoder_loops_instructions.hpp>

namespace lvr::kernels {
namespace {

#include <lvr/kernels/lanes_plain.hpp>

#include <lvr/kernels/decoder_loops_body.hpp>

}  // namespace

std::vector<DecoderLoops> all_decoder_loops() {
    std::vector<DecoderLoops> all = {k_loops};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back(decoder_loops_avx2());
    if (__builtin_cpu_supports("avx512f")) all.push_back(decoder_loops_avx512());
#endif
    return all;
}

const DecoderLoops& decoder_loops() {
    static const DecoderLoops chosen = all_decoder_loops().back();
    return chosen;
}

}  // namespace lvr::kernels
