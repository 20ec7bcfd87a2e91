# SPDX-License-Identifier: Apache-2.0
lvr_cli_test(cli_shared_libraries cli/shared_libraries.sh)
lvr_cli_test(cli_fit_numbers cli/fit_numbers.sh)
lvr_cli_test(cli_fit_bad_input cli/fit_bad_input.sh)
lvr_cli_test(cli_fit_full_disk cli/fit_full_disk.sh)
lvr_cli_test(cli_fit_table_rules cli/fit_table_rules.sh)
lvr_cli_test(cli_fit_ranks cli/fit_ranks.sh)
lvr_cli_test(cli_fit_inputs cli/fit_inputs.sh)

add_executable(session_probe cli/session_probe.cpp)
set_target_properties(session_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_compile_options(session_probe PRIVATE ${LVR_CXX_FLAGS})
target_link_libraries(session_probe PRIVATE lvr::run)
lvr_cli_test(cli_session cli/session.sh)
