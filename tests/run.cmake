# SPDX-License-Identifier: Apache-2.0
lvr_tests(run_test ROOMS run SOURCES unit/run_command_line_test.cpp unit/run_job_test.cpp)
