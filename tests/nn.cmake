# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(nn_test ROOMS nn SOURCES unit/nn_llama_test.cpp unit/nn_causal_loss_test.cpp unit/nn_recompute_test.cpp unit/nn_lean_test.cpp unit/source_tree.cpp)
  lvr_tests(nn_reference_test ROOMS nn LABEL reference SOURCES unit/nn_llama_reference_test.cpp unit/nn_kv_cache_test.cpp)
  lvr_tests(nn_models_test ROOMS nn LABEL models SOURCES unit/nn_real_model_test.cpp)
  set_tests_properties(nn_models_test PROPERTIES SKIP_REGULAR_EXPRESSION "skipped: build/models is not there")
endif()
