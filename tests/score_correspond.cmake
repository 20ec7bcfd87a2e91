# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(score_correspond_test ROOMS score SOURCES unit/score_correspond_test.cpp unit/score_pck_test.cpp)
  lvr_cli_test(cli_correspond_golden cli/correspond_golden.sh LABELS reference)
  lvr_cli_test(cli_correspond_bad_input cli/correspond_bad_input.sh TIMEOUT 300)
  lvr_cli_test(cli_correspond_ranks cli/correspond_ranks.sh TIMEOUT 300)
  lvr_cli_test(cli_correspond_draw cli/correspond_draw.sh TIMEOUT 300)
endif()
