# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(weights_test ROOMS weights
            SOURCES unit/weights_safetensors_test.cpp unit/weights_torch_zip_test.cpp unit/weights_names_test.cpp
                    unit/weights_snapshot_test.cpp unit/weights_write_test.cpp unit/source_tree.cpp)
  lvr_tests(weights_reference_test ROOMS weights LABEL reference
            SOURCES unit/weights_reference_test.cpp unit/source_tree.cpp)
endif()
