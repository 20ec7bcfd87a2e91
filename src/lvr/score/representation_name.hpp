// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/core/json.hpp>

namespace lvr::score {

/// What a folder's representation is called in results: as its manifest's identity says ("clip336", also of
/// projected features, so that A and C of one encoder meet in one row), else as the folder.
std::string representation_name(const core::Json& identity, const std::string& folder);

/// The folder's own name, without those it lies in.
std::string folder_name(const std::string& folder);

/// That a name can stand in results. @throws Error (usage) if it is not UTF-8, blank, or more than a line
void expect_nameable(const std::string& representation);

}  // namespace lvr::score
