// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <lvr/vlm/conversation.hpp>

namespace lvr::vlm {

struct AnswerEnds {
    std::string_view mark;  ///< what ends each answer; empty: nothing
    std::size_t longest;    ///< ids behind which nobody looks
};

/// Every id that holds a byte of an answer is learned. Takes time as the text is long, if `mark` is a special
/// token; else as the product of answers and text, up to `longest`: labels behind it may then be missing.
/// @param ids of the prompt's text, or of its beginning
std::vector<std::int64_t> corrected_labels(const Prompt& prompt, const std::vector<std::int64_t>& ids,
                                           const data::Tokenizer& tokenizer, const AnswerEnds& ends);

}  // namespace lvr::vlm
