// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How MMBench's reference finds the letter of an option in an answer.
namespace lvr::tasks {

/// An option's letter, 'A' to 'D', and its text.
using MmbenchChoices = std::vector<std::pair<char, std::string>>;

/// The one letter of A to E that is a word of the answer, bare or with the same marks around it. "A" among
/// more than three words is an article.
std::optional<char> mmbench_letter(std::string_view answer);

/// The one option whose text is in the answer, whatever the case.
std::optional<char> mmbench_text(std::string_view answer, const MmbenchChoices& choices);

/// By letter, else by text.
std::optional<char> mmbench_option(std::string_view answer, const MmbenchChoices& choices);

/// The later reference's rules (its extract_mcq_answer): letters in brackets, before a mark, after phrases
/// such as "the answer is", at the beginning or the end; the surest kind, and of that the last.
/// @param letters those that may be answered: "ABCD"
std::optional<char> mmbench_rules(std::string_view answer, std::string_view letters);

}  // namespace lvr::tasks
