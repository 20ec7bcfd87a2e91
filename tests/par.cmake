# SPDX-License-Identifier: Apache-2.0
lvr_tests(par_test ROOMS par
          SOURCES unit/par_shard_test.cpp unit/par_launched_test.cpp
          MPI_SOURCES unit/par_comm_test.cpp unit/par_together_test.cpp unit/par_work_queue_test.cpp)
