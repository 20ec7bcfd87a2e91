# SPDX-License-Identifier: Apache-2.0
lvr_tests(core_test ROOMS core
          SOURCES unit/core_error_test.cpp unit/core_config_test.cpp unit/core_json_test.cpp unit/core_rng_test.cpp
                  unit/core_sha256_test.cpp unit/core_text_table_test.cpp)
