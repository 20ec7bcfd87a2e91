# SPDX-License-Identifier: Apache-2.0
lvr_tests(law_reference_test ROOMS analysis LABEL reference SOURCES unit/law_reference_test.cpp unit/gp_reference_test.cpp)
lvr_tests(law_test ROOMS analysis SOURCES unit/law_fit_test.cpp unit/law_groups_test.cpp
                  unit/law_output_test.cpp unit/table_test.cpp)
lvr_tests(policy_test ROOMS analysis MPI_SOURCES unit/policy_test.cpp)
lvr_tests(plan_test ROOMS analysis MPI_SOURCES unit/plan_test.cpp)

# Chooses the planner's constants (tests/bench/README.md); built with the rest so that it keeps compiling.
add_executable(planner_choice ${CMAKE_CURRENT_SOURCE_DIR}/bench/planner_choice.cpp)
set_target_properties(planner_choice PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_compile_options(planner_choice PRIVATE ${LVR_CXX_FLAGS})
target_link_libraries(planner_choice PRIVATE lvr::analysis)
