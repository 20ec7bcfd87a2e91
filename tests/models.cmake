# SPDX-License-Identifier: Apache-2.0
# Pretrained weights on photographs: skipped, with a message, where scripts/setup.sh --models was not run.
if(LVR_WITH_TORCH)
  lvr_cli_test(models models/models.sh LABELS models TIMEOUT 300)
  lvr_cli_test(models_known_places models/known_places.sh LABELS models slow TIMEOUT 300)
  add_executable(caption_pictures models/caption_pictures.cpp)
  set_target_properties(caption_pictures PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_options(caption_pictures PRIVATE ${LVR_CXX_FLAGS})
  target_link_libraries(caption_pictures PRIVATE lvr::train)
  lvr_cli_test(models_train_drawings models/train_drawings.sh LABELS models slow TIMEOUT 2400)
  set_tests_properties(models models_known_places models_train_drawings PROPERTIES SKIP_RETURN_CODE 77)
endif()
