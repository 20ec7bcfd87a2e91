# SPDX-License-Identifier: Apache-2.0
# Programs that tests/bench drives; they are no tests.
function(lvr_bench program)
  add_executable(${program} EXCLUDE_FROM_ALL bench/${program}.cpp)
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_options(${program} PRIVATE ${LVR_CXX_FLAGS})
  target_link_libraries(${program} PRIVATE ${ARGN})
endfunction()

lvr_bench(tokens lvr::data)
lvr_bench(metrics lvr::tasks)
if(LVR_WITH_TORCH)
  lvr_bench(vit_forward lvr::encoders)
  lvr_bench(pictures lvr::encoders)
  lvr_bench(a_score lvr::kernels)
  lvr_bench(train_step lvr::train)
  lvr_bench(generate lvr::vlm)
  lvr_bench(zero_memory lvr::train)
endif()
