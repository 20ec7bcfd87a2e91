# SPDX-License-Identifier: Apache-2.0
# Pretrained weights on photographs: skipped, with a message, where scripts/setup.sh --models was not run.
if(LVR_WITH_TORCH)
  lvr_cli_test(models models/models.sh LABELS models TIMEOUT 300)
  lvr_cli_test(models_known_places models/known_places.sh LABELS models slow TIMEOUT 300)
  set_tests_properties(models models_known_places PROPERTIES SKIP_RETURN_CODE 77)
endif()
