// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <lvr/kernels/decoder_loops_instructions.hpp>

namespace lvr::kernels {
#pragma GCC push_options
#pragma GCC target("avx512f")
namespace {

#include <lvr/kernels/lanes_avx512.hpp>

#include <lvr/kernels/lane_sums_avx.hpp>

#include <lvr/kernels/decoder_loops_body.hpp>

}  // namespace
#pragma GCC pop_options

DecoderLoops decoder_loops_avx512() { return k_loops; }

}  // namespace lvr::kernels
#endif
