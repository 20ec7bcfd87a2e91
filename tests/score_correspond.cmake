# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_cli_test(cli_correspond_golden cli/correspond_golden.sh LABELS reference)
endif()
