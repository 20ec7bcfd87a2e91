# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(kernels_test ROOMS kernels
            SOURCES unit/kernels_row_test.cpp unit/kernels_decoder_test.cpp unit/kernels_match_test.cpp unit/kernels_match_gpu_test.cpp
                    unit/a_score_golden.cpp)
endif()
