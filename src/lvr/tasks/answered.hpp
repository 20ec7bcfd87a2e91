// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <lvr/tasks/score.hpp>

namespace lvr::tasks {

/// The answer as the reference's functions get it: without white space at its ends.
std::string_view stripped_answer(const Answered& answered);

/// The row's number: of the data set if it is known, else its place among the answers.
std::int64_t row_of(const Answered& answered, std::size_t place);

/// The picture's hash; for a question without one, its row.
std::string cluster_of(const Answered& answered, std::size_t place);

/// A unit that is one question. @param value in the unit of Score::reported
ScoreUnit question_unit(const Answered& answered, std::size_t place, double value);

}  // namespace lvr::tasks
