# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(score_correspond_test ROOMS score SOURCES unit/score_correspond_test.cpp unit/score_pck_test.cpp)
  lvr_cli_test(cli_correspond_golden cli/correspond_golden.sh LABELS reference)
endif()
