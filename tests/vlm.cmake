# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(vlm_test ROOMS vlm LABEL reference
            SOURCES unit/vlm_conversation_test.cpp unit/vlm_sampling_test.cpp unit/vlm_splice_test.cpp unit/source_tree.cpp)
  lvr_tests(vlm_mllm_test ROOMS vlm LABEL reference SOURCES unit/vlm_mllm_test.cpp unit/vlm_export_test.cpp unit/vlm_export_llava_test.cpp unit/vlm_generate_test.cpp unit/vlm_answer_test.cpp unit/vlm_answers_reference_test.cpp
            unit/llava_fixture.cpp unit/llava_export_fixture.cpp)
  lvr_tests(vlm_models_test ROOMS vlm LABEL models SOURCES unit/vlm_real_model_test.cpp)
  set_tests_properties(vlm_models_test PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: build/models is not there")

  add_executable(llava_probe cli/llava_probe.cpp unit/llava_export_fixture.cpp)
  set_target_properties(llava_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_definitions(llava_probe PRIVATE LVR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_compile_options(llava_probe PRIVATE ${LVR_CXX_FLAGS})
  target_include_directories(llava_probe PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(llava_probe PRIVATE lvr::vlm)
  lvr_cli_test(vlm_llava_in_transformers cli/llava_export_check.sh LABELS reference slow TIMEOUT 300)
  set_tests_properties(vlm_llava_in_transformers PROPERTIES SKIP_RETURN_CODE 77)
endif()
