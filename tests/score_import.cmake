# SPDX-License-Identifier: Apache-2.0
if(LVR_WITH_TORCH)
  lvr_tests(score_import_test ROOMS score SOURCES unit/score_import_array_test.cpp unit/source_tree.cpp
            MPI_SOURCES unit/score_import_features_test.cpp)
  lvr_cli_test(cli_import_features cli/import_features.sh)
endif()
