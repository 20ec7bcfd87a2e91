# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(train_test ROOMS train LABEL reference SOURCES unit/train_layout_test.cpp unit/train_fixture.cpp unit/train_config_test.cpp
            MPI_SOURCES unit/train_optimizer_test.cpp unit/train_checkpoint_test.cpp)
  lvr_tests(train_llava_test ROOMS train LABEL reference SOURCES unit/llava_fixture.cpp MPI_SOURCES unit/train_llava_test.cpp)
  # Whole trainings of tiny models.
  lvr_cli_test(cli_train_curves cli/train_test.sh ARGUMENTS train_curves.py TIMEOUT 240)
  lvr_cli_test(cli_train_models cli/train_test.sh ARGUMENTS train_models.py TIMEOUT 240)
  lvr_cli_test(cli_train_bad_input cli/train_test.sh ARGUMENTS train_bad_input.py TIMEOUT 240)
  lvr_cli_test(cli_train_killed cli/train_test.sh ARGUMENTS train_killed.py 3 TIMEOUT 240)
  lvr_cli_test(cli_train_killed_often cli/train_test.sh ARGUMENTS train_killed.py 10 LABELS slow TIMEOUT 600)
  lvr_tests(train_data_test ROOMS train
            SOURCES unit/train_order_test.cpp unit/train_features_test.cpp unit/train_pipeline_test.cpp
                    unit/train_data_fixture.cpp unit/train_feature_folder.cpp unit/source_tree.cpp)
  lvr_tests(train_watch_test ROOMS train SOURCES unit/train_metrics_test.cpp unit/train_loss_watch_test.cpp
            unit/train_cost_test.cpp unit/train_progress_test.cpp MPI_SOURCES unit/train_memory_test.cpp)
endif()
