# SPDX-License-Identifier: Apache-2.0
lvr_tests(law_reference_test ROOMS analysis LABEL reference SOURCES unit/law_reference_test.cpp)
lvr_tests(policy_test ROOMS analysis SOURCES unit/policy_test.cpp)
