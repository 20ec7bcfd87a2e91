# SPDX-License-Identifier: Apache-2.0
lvr_tests(files_test ROOMS files
          SOURCES unit/files_atomic_test.cpp unit/files_hdf5_test.cpp unit/files_tree_test.cpp
                  unit/files_csv_test.cpp unit/files_results_test.cpp unit/files_dir_test.cpp
                  unit/files_damage_test.cpp unit/files_fuzz_test.cpp unit/files_output_folder_test.cpp
                  unit/files_features_test.cpp unit/files_manifest_test.cpp unit/files_npy_test.cpp unit/source_tree.cpp
                  unit/files_caption_loglik_test.cpp unit/files_answers_test.cpp
                  fuzz/drive.cpp fuzz/mutate_h5.cpp)
target_link_libraries(files_test PRIVATE lvr::hdf5)
lvr_cli_test(files_h5dump cli/files_h5dump.sh)
lvr_cli_test(files_h5py cli/files_h5py.sh LABELS slow)
lvr_cli_test(features_h5py cli/features_h5py.sh LABELS slow)
lvr_cli_test(files_convert cli/files_convert.sh)
