# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(train_test ROOMS train LABEL reference SOURCES unit/train_layout_test.cpp MPI_SOURCES unit/train_optimizer_test.cpp)
endif()
