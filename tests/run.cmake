# SPDX-License-Identifier: Apache-2.0
lvr_tests(run_test ROOMS run SOURCES unit/run_command_line_test.cpp unit/run_job_test.cpp)
# A program of its own: the one above gets signals, which are never forgotten.
lvr_tests(run_shards_test ROOMS run SOURCES unit/run_lease_test.cpp
          MPI_SOURCES unit/run_shard_folder_test.cpp unit/run_shard_loop_test.cpp)
