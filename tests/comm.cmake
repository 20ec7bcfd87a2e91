# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(comm_test ROOMS comm MPI_SOURCES unit/comm_test.cpp)
endif()
