// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lvr::files {

/// One line of a table, with the line of the file where it starts.
struct CsvRecord {
    std::size_t line = 0;
    bool is_comment = false;  ///< then fields[0] is the text behind '#'
    std::vector<std::string> fields;
};

/// Splits RFC 4180 text: commas, quotes doubled inside quotes, line ends LF or CRLF, a byte-order mark
/// skipped, empty lines skipped, lines that start with '#' kept as comments.
/// @throws Error (input) naming file and line for an unclosed quote, text behind a closing quote, or a NUL
/// byte
std::vector<CsvRecord> split_csv(std::string_view text, const std::string& file_name);

/// The field as RFC 4180 writes it, in quotes if it must be.
std::string quoted_csv(const std::string& field);

}  // namespace lvr::files
