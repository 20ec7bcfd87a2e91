# SPDX-License-Identifier: Apache-2.0
lvr_tests(rooms_test ROOMS core SOURCES unit/rooms_test.cpp unit/house_habits_test.cpp unit/source_tree.cpp unit/room_check.cpp)
