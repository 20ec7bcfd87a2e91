# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(score_import_test ROOMS score SOURCES unit/score_import_array_test.cpp unit/source_tree.cpp)
endif()
