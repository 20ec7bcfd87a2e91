// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace lvr::score {

/// Keypoints by raw id that belong together.
using KeypointGroups = std::vector<std::vector<int>>;

/// The keypoints of an SPair-71k category that only differ in where they are (left or right, front or back):
/// the geometry-aware subset of "Telling Left from Right" (arXiv 2311.17034), by raw ids.
/// Empty for a category that SPair-71k has not.
const KeypointGroups& geo_groups(const std::string& category);

/// The same as the paper's code logs them per category: the ids in use, listed group by group, are given the
/// numbers 0, 1, 2, ... in that order, and these are taken for positions in the sorted list of ids in use.
/// That is another set wherever the list is not sorted: bus, car, pottedplant, tvmonitor.
/// @param used the raw ids that occur, sorted
KeypointGroups renumbered_geo_groups(const std::string& category, const std::vector<int>& used);

/// Pairs of keypoints that change places when the picture is mirrored, by raw ids.
const KeypointGroups& mirror_pairs(const std::string& category);

}  // namespace lvr::score
