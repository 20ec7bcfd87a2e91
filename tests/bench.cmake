# SPDX-License-Identifier: Apache-2.0
# Programs that tests/bench drives; they are no tests.
if(LVR_WITH_TORCH)
  add_executable(vit_forward EXCLUDE_FROM_ALL bench/vit_forward.cpp)
  set_target_properties(vit_forward PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_options(vit_forward PRIVATE ${LVR_CXX_FLAGS})
  target_link_libraries(vit_forward PRIVATE lvr::encoders)
endif()
