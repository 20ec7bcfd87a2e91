// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/core/json.hpp>

#include "drawings.hpp"

namespace lvr::test {

/// A row of a benchmark, as a line of its list.
struct Question {
    core::Json document;  ///< its picture's path too
    std::string answer;   ///< that a model should give
    std::string picture;
};

/// Questions about drawings in the columns of a benchmark, one or more for each drawing.
/// @param task "mme"
std::vector<Question> questions_of(std::string_view task, std::span<const Drawing> drawings);

}  // namespace lvr::test
