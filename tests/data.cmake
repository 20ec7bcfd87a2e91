# SPDX-License-Identifier: Apache-2.0
lvr_tests(data_test ROOMS data LABEL reference SOURCES unit/data_image_test.cpp unit/data_resample_test.cpp)
lvr_tests(data_sources_test ROOMS data
          SOURCES unit/data_folder_test.cpp unit/data_list_test.cpp unit/data_llava_test.cpp unit/data_parquet_test.cpp unit/source_tree.cpp
          MPI_SOURCES unit/data_llava_ranks_test.cpp)
lvr_tests(data_rows_test ROOMS data SOURCES unit/data_rows_test.cpp unit/data_rows_damage_test.cpp unit/source_tree.cpp)
lvr_tests(data_spair_test ROOMS data SOURCES unit/data_spair_test.cpp unit/source_tree.cpp)
lvr_tests(data_tokenizer_test ROOMS data LABEL reference SOURCES unit/data_tokenizer_reference_test.cpp)
lvr_tests(data_tokenizer_files_test ROOMS data SOURCES unit/data_tokenizer_files_test.cpp unit/source_tree.cpp)
lvr_cli_test(data_tokenizer_smollm2 models/tokenizer.sh LABELS models)
set_tests_properties(data_tokenizer_smollm2 PROPERTIES SKIP_RETURN_CODE 77)
