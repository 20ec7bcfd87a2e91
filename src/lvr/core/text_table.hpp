// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lvr::core {

/// A table of texts: the first column is left-aligned, the others right-aligned.
struct TextTable {
    std::string name;   ///< file stem, e.g. "r2"
    std::string title;  ///< one line
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;
    std::vector<std::size_t> rules = {};  ///< a line is drawn before these rows (terminal and LaTeX)
    std::string note = {};                ///< a line below the table; a CSV has none
    bool sentences = false;               ///< the last column is prose: left-aligned, wrapped in LaTeX
};

std::string to_terminal(const TextTable& table);
std::string to_markdown(const TextTable& table);
std::string to_latex(const TextTable& table);  ///< a `table` with booktabs rules
std::string to_csv(
    const TextTable& table);  ///< RFC 4180 with LF line ends; an undefined figure is an empty cell

/// A text that leaves a tab-separated table whole: tabs and line ends become spaces.
std::string in_one_cell(std::string text);

/// The figure with `digits` decimals, or "–" where undefined.
std::string cell(const std::optional<double>& value, int digits);
/// The same in percent with `digits` decimals, without a sign.
std::string percent(const std::optional<double>& value, int digits = 2);

}  // namespace lvr::core
