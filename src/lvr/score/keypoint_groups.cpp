// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/keypoint_groups.hpp>

#include <algorithm>
#include <map>

namespace lvr::score {
namespace {

using Table = std::map<std::string, KeypointGroups>;

const Table& geo_table() {
    static const Table table = {
        {"aeroplane", {{4, 5}, {6, 7}, {8, 9}, {10, 11}, {12, 13}, {14, 15}, {16, 17}, {18, 19}, {20, 21}}},
        {"bicycle", {{2, 3}, {6, 7}, {9, 10}}},
        {"bird", {{1, 2}, {10, 11}, {12, 13}, {14, 15}}},
        {"boat", {{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}, {11, 12}}},
        {"bottle", {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}}},
        {"bus",
         {{0, 1},
          {2, 3, 5, 6},
          {4, 7},
          {10, 13, 20, 23},
          {11, 14, 21, 24},
          {12, 15, 22, 25},
          {16, 17, 26, 27},
          {18, 19, 28, 29}}},
        {"car",
         {{0, 1},
          {2, 3, 6, 7},
          {4, 8},
          {5, 9},
          {10, 13, 20, 23},
          {11, 14, 21, 24},
          {12, 15, 22, 25},
          {16, 17, 26, 27},
          {18, 19, 28, 29}}},
        {"cat", {{2, 3}, {9, 10, 11, 12}}},
        {"chair", {{0, 1}, {2, 3}, {4, 5, 6, 7}, {8, 9}, {10, 11}, {12, 13}}},
        {"cow", {{2, 3}, {9, 10, 11, 12}, {15, 16, 17, 18}, {19, 20}}},
        {"dog", {{2, 3}, {9, 10, 11, 12}}},
        {"horse", {{2, 3}, {10, 11, 12, 13}, {16, 17, 18, 19}}},
        {"motorbike", {{0, 1}, {2, 3}}},
        {"person", {{8, 9}, {10, 11}, {12, 13}, {14, 15}, {16, 17}, {18, 19}}},
        {"pottedplant", {{0, 1, 2, 3}, {4, 5}, {6, 8}}},
        {"sheep", {{2, 3}, {9, 10, 11, 12}, {15, 16, 17, 18}, {19, 20}}},
        {"train", {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}, {10, 11}, {12, 13}, {14, 15}, {16, 17}}},
        {"tvmonitor", {{0, 2, 4, 6}, {1, 3, 5, 7}, {8, 10, 12, 14}, {9, 11, 13, 15}}},
    };
    return table;
}

const Table& mirror_table() {
    static const Table table = {
        {"aeroplane", {{4, 5}, {6, 7}, {8, 9}, {10, 11}, {12, 13}, {14, 15}, {16, 17}, {18, 19}, {20, 21}}},
        {"bicycle", {{2, 3}, {6, 7}, {9, 10}}},
        {"bird", {{1, 2}, {4, 5}, {7, 8}, {10, 11}, {12, 13}, {14, 15}}},
        {"boat", {{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}, {11, 12}}},
        {"bottle", {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}}},
        {"bus",
         {{0, 1},
          {2, 3},
          {5, 6},
          {10, 20},
          {13, 23},
          {11, 21},
          {14, 24},
          {12, 22},
          {15, 25},
          {16, 17},
          {26, 27},
          {18, 19},
          {28, 29}}},
        {"car",
         {{0, 1},
          {2, 3},
          {6, 7},
          {10, 20},
          {13, 23},
          {11, 21},
          {14, 24},
          {12, 22},
          {15, 25},
          {16, 17},
          {26, 27},
          {18, 19},
          {28, 29}}},
        {"cat", {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {9, 10}, {11, 12}}},
        {"chair", {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}, {10, 11}, {12, 13}}},
        {"cow", {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {9, 10}, {11, 12}, {15, 16}, {17, 18}, {19, 20}}},
        {"dog", {{0, 1}, {2, 3}, {4, 5}, {9, 10}, {11, 12}}},
        {"horse", {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {10, 11}, {12, 13}, {16, 17}, {18, 19}}},
        {"motorbike", {{0, 1}, {2, 3}}},
        {"person", {{0, 1}, {2, 3}, {8, 9}, {10, 11}, {12, 13}, {14, 15}, {16, 17}, {18, 19}}},
        {"pottedplant", {{0, 2}, {4, 5}, {6, 8}}},
        {"sheep", {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {9, 10}, {11, 12}, {15, 16}, {17, 18}, {19, 20}}},
        {"train", {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}, {10, 11}, {12, 13}, {14, 15}, {16, 17}}},
        {"tvmonitor", {{0, 2}, {4, 6}, {3, 7}, {8, 10}, {12, 14}, {11, 15}}},
    };
    return table;
}

const KeypointGroups& of(const Table& table, const std::string& category) {
    static const KeypointGroups none;
    const auto found = table.find(category);
    return found == table.end() ? none : found->second;
}

}  // namespace

const KeypointGroups& geo_groups(const std::string& category) { return of(geo_table(), category); }
const KeypointGroups& mirror_pairs(const std::string& category) { return of(mirror_table(), category); }

KeypointGroups renumbered_geo_groups(const std::string& category, const std::vector<int>& used) {
    KeypointGroups groups = geo_groups(category);
    for (const int id : used) {  // the lists of the code name the single ones too
        const auto has = [id](const std::vector<int>& group) { return std::ranges::count(group, id) > 0; };
        if (std::ranges::none_of(groups, has)) groups.push_back({id});
    }
    std::ranges::sort(groups, {}, [](const auto& group) { return group.front(); });
    KeypointGroups renumbered;
    std::size_t number = 0;
    for (const auto& group : groups) {
        std::vector<int> members;
        for (const int id : group)
            if (std::ranges::binary_search(used, id)) members.push_back(used[number++]);
        if (members.size() > 1) renumbered.push_back(members);
    }
    return renumbered;
}

}  // namespace lvr::score
