# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(score_import_test ROOMS score SOURCES unit/score_import_array_test.cpp unit/score_import_scores_test.cpp
                    unit/score_import_listing_test.cpp unit/source_tree.cpp
            MPI_SOURCES unit/score_import_features_test.cpp)
  lvr_cli_test(cli_import_features cli/import_features.sh)
  lvr_cli_test(cli_import_scores cli/import_scores.sh)
  lvr_cli_test(cli_score_to_law cli/score_to_law.sh)
  lvr_cli_test(cli_import_faults cli/import_faults.sh)
  lvr_cli_test(cli_import_faults_often cli/import_faults_often.sh LABELS slow TIMEOUT 300)
endif()
