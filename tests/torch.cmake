# SPDX-License-Identifier: Apache-2.0
# That LibTorch (and CUDA, where it is found) compiles, links and runs as LvrTorch.cmake sets it up.
if(LVR_WITH_TORCH)
  set(torch_sources unit/torch_test.cpp)
  if(LVR_CUDA)
    list(APPEND torch_sources unit/torch_cuda_test.cpp unit/axpy_kernel.cu)
  endif()
  lvr_tests(torch_test ROOMS core SOURCES ${torch_sources})
  target_link_libraries(torch_test PRIVATE lvr::torch)
endif()
