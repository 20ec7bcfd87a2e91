// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lvr::tasks {

/// An answer as the VQA benchmarks compare it (EvalAI's processor, as the reference has it): lower case, most
/// punctuation a space or gone, number words as digits, no articles, apostrophes put back into contractions.
/// What surprises is the reference's: "none" is 0, only the first 32 periods go, "'s" is split off.
std::string normalised_answer(std::string_view text);

/// The soft accuracy of an answer on which `equal` of `count` annotators agree: the mean over annotators of
/// min(1, agreeing others / 3), as statistics.mean rounds it. 0 if there are none.
double soft_accuracy(std::int64_t equal, std::int64_t count);

}  // namespace lvr::tasks
