# SPDX-License-Identifier: Apache-2.0
lvr_tests(data_test ROOMS data LABEL reference SOURCES unit/data_image_test.cpp unit/data_resample_test.cpp)
lvr_tests(data_sources_test ROOMS data
          SOURCES unit/data_folder_test.cpp unit/data_list_test.cpp unit/data_llava_test.cpp unit/data_parquet_test.cpp unit/source_tree.cpp)
lvr_tests(data_spair_test ROOMS data SOURCES unit/data_spair_test.cpp unit/source_tree.cpp)
lvr_tests(data_tokenizer_test ROOMS data LABEL reference SOURCES unit/data_tokenizer_reference_test.cpp)
lvr_tests(data_tokenizer_files_test ROOMS data SOURCES unit/data_tokenizer_files_test.cpp unit/source_tree.cpp)
