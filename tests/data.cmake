# SPDX-License-Identifier: Apache-2.0
lvr_tests(data_test ROOMS data LABEL reference SOURCES unit/data_image_test.cpp)
