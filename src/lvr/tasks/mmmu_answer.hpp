// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <lvr/tasks/python_random.hpp>

// How MMMU's reference understands answers.
namespace lvr::tasks {

/// The letter of the option that an answer names: in brackets, bare, with a period, by its text.
/// @return nothing: none is named, and the reference takes a random one (guessed_choice())
std::optional<std::string> mmmu_choice(std::string_view answer, std::span<const std::string> options);

/// The reference's guess; one draw. @throws ReferenceError (IndexError) if there are no options
std::string guessed_choice(std::size_t options, python::Random& random);

/// A number, or a text in lower case.
using MmmuValue = std::variant<double, std::string>;

/// All numbers in a text as re.findall finds them: with commas between thousands, then with exponents, then
/// plain.
std::vector<std::string> extract_numbers(std::string_view text);

/// A number rounded to two decimals, or a text in lower case; a single character: with a space before, and
/// after.
std::vector<MmmuValue> mmmu_normalised(std::string_view text);

/// What an answer to an open question says: the ends of its sentences after "is", "=" and the like, and the
/// numbers in them; each once, numbers first, in the order of what Python writes for them.
std::vector<MmmuValue> mmmu_values(std::string_view answer);

/// Whether a value equals a right number, or has a right text in it.
/// @param right normalised
bool mmmu_open_correct(std::span<const MmmuValue> right, std::span<const MmmuValue> values);

}  // namespace lvr::tasks
