# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(vlm_test ROOMS vlm LABEL reference
            SOURCES unit/vlm_conversation_test.cpp unit/vlm_sampling_test.cpp unit/vlm_splice_test.cpp unit/source_tree.cpp)
  lvr_tests(vlm_mllm_test ROOMS vlm LABEL reference SOURCES unit/vlm_mllm_test.cpp unit/vlm_export_test.cpp unit/vlm_export_llava_test.cpp unit/vlm_generate_test.cpp
            unit/llava_fixture.cpp unit/llava_export_fixture.cpp)
endif()
