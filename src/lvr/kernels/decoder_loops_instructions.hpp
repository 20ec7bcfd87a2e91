// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/kernels/decoder_loops.hpp>

namespace lvr::kernels {

// One source each: decoder_loops_avx2.cpp, decoder_loops_avx512.cpp. To be called where the processor has
// them.
DecoderLoops decoder_loops_avx2();
DecoderLoops decoder_loops_avx512();

}  // namespace lvr::kernels
