# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(encoders_test ROOMS encoders LABEL reference SOURCES unit/encoders_reference_test.cpp unit/encoders_preprocessor_test.cpp)
endif()
