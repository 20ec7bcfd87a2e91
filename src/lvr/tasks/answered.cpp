// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/answered.hpp>

#include <lvr/data/white_space.hpp>

namespace lvr::tasks {

std::string_view stripped_answer(const Answered& answered) { return data::strip(answered.answer); }

std::int64_t row_of(const Answered& answered, std::size_t place) {
    return answered.row >= 0 ? answered.row : static_cast<std::int64_t>(place);
}

std::string cluster_of(const Answered& answered, std::size_t place) {
    return answered.image.empty() ? "row " + std::to_string(row_of(answered, place)) : answered.image;
}

ScoreUnit question_unit(const Answered& answered, std::size_t place, double value) {
    return {std::to_string(row_of(answered, place)), "", cluster_of(answered, place), value};
}

}  // namespace lvr::tasks
