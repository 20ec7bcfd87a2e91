// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lvr::test {

struct Room {
    std::string name, folder;
    std::vector<std::string> uses;
};

/// The lvr_room(...) lines of root/CMakeLists.txt, in order, and last the programs' folder jobs, which uses
/// all.
std::vector<Room> read_rooms(const std::filesystem::path& root);

/// Each room with the rooms it may see: itself, those it names after USES, and what those may see.
std::map<std::string, std::set<std::string>> visible_rooms(const std::vector<Room>& rooms);

struct IncludeReport {
    std::vector<std::string> problems;  ///< one sentence each, empty if all is well
    int files = 0, edges = 0;           ///< what was looked at
};

/// Holds every file of every room to its line: each first-party header that it reaches, directly or through
/// others, exists and lies in a room it may see; MPI, HDF5 and NCCL are included only by the rooms that own
/// them; no two rooms include each other, in any number of steps.
IncludeReport check_includes(const std::filesystem::path& root);

}  // namespace lvr::test
