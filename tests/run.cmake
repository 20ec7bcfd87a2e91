# SPDX-License-Identifier: Apache-2.0
lvr_tests(run_test ROOMS run SOURCES unit/run_command_line_test.cpp unit/run_job_test.cpp)
# A program of its own: the one above gets signals, which are never forgotten.
lvr_tests(run_shards_test ROOMS run SOURCES unit/run_lease_test.cpp
          MPI_SOURCES unit/run_shard_folder_test.cpp unit/run_shard_loop_test.cpp unit/run_rank_groups_test.cpp)

add_executable(shard_probe cli/shard_probe.cpp)
set_target_properties(shard_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
target_compile_options(shard_probe PRIVATE ${LVR_CXX_FLAGS})
target_link_libraries(shard_probe PRIVATE lvr::run)
lvr_cli_test(cli_shards cli/shards.sh)
lvr_cli_test(cli_shards_full_disk cli/shards_full_disk.sh)
lvr_cli_test(cli_shards_killed_often cli/shards_killed_often.sh LABELS slow TIMEOUT 300)
lvr_cli_test(cli_shards_64_ranks cli/shards_64_ranks.sh LABELS slow TIMEOUT 300)
