// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <lvr/files/results_dir.hpp>

namespace lvr::score {

/// Every A, C and score of a table as a measurement of its own, which also says what the table knows of its
/// representation (family, GPU hours, labels). A definition of A that the table leaves open stays open.
/// @param source what all of them share: file and provenance
std::vector<files::Measurement> measurements_of(const files::Results& table,
                                                const files::Measurement& source);

}  // namespace lvr::score
