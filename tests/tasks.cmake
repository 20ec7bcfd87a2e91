# SPDX-License-Identifier: Apache-2.0
lvr_tests(tasks_test ROOMS tasks LABEL reference
          SOURCES unit/tasks_metric_cases_test.cpp unit/tasks_reference_test.cpp unit/tasks_miniatures_test.cpp unit/tasks_uncertainty_test.cpp
                  unit/tasks_units_test.cpp)
