# SPDX-License-Identifier: Apache-2.0
# Pretrained weights on photographs: skipped, with a message, where scripts/setup.sh --models was not run.
if(LVR_WITH_TORCH)
  lvr_cli_test(models models/models.sh LABELS models TIMEOUT 300)
  set_tests_properties(models PROPERTIES SKIP_RETURN_CODE 77)
endif()
