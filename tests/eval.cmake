# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(eval_test ROOMS eval SOURCES unit/eval_ask_test.cpp unit/eval_log_test.cpp unit/eval_captions_test.cpp
            unit/train_data_fixture.cpp unit/source_tree.cpp)
  # Whole evaluations of tiny models.
  lvr_cli_test(cli_eval_chain cli/train_test.sh ARGUMENTS eval_chain.py TIMEOUT 240)
  lvr_cli_test(cli_eval_bad_input cli/train_test.sh ARGUMENTS eval_bad_input.py TIMEOUT 240)
  lvr_cli_test(cli_eval_ids cli/train_test.sh ARGUMENTS eval_ids.py TIMEOUT 120)
  lvr_cli_test(cli_eval_full_disk cli/eval_full_disk.sh TIMEOUT 240)
  lvr_cli_test(cli_eval_killed cli/train_test.sh ARGUMENTS eval_killed.py 3 TIMEOUT 240)
  lvr_cli_test(cli_eval_killed_often cli/train_test.sh ARGUMENTS eval_killed.py 10 LABELS slow TIMEOUT 600)
endif()
