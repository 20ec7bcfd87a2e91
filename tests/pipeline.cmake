# SPDX-License-Identifier: Apache-2.0
# The chain from pictures to the law, on data that tiny_world makes.
if(TARGET lvr-eval)
  add_executable(tiny_world pipeline/tiny_world.cpp pipeline/drawings.cpp pipeline/questions.cpp)
  set_target_properties(tiny_world PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_definitions(tiny_world PRIVATE LVR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_compile_options(tiny_world PRIVATE ${LVR_CXX_FLAGS})
  target_link_libraries(tiny_world PRIVATE lvr::tasks lvr::weights PkgConfig::SPNG)
  lvr_cli_test(cli_pipeline cli/pipeline.sh ARGUMENTS small TIMEOUT 240)
  lvr_cli_test(cli_pipeline_whole cli/pipeline.sh ARGUMENTS whole LABELS slow TIMEOUT 600)
  lvr_cli_test(cli_pipeline_killed cli/pipeline.sh ARGUMENTS killed 8 LABELS slow TIMEOUT 600)
  set_tests_properties(cli_pipeline cli_pipeline_whole cli_pipeline_killed PROPERTIES PROCESSORS 2)
endif()
