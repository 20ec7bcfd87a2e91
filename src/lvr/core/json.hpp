// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lvr::core {

/// Keys keep the order in which they were written, so that equal results are equal bytes.
using Json = nlohmann::ordered_json;

/// The shortest decimal form that reads back to the same bits: "0.1", "12", "1e+300"; "null" unless finite.
std::string shortest(double value);

/// JSON text with two-space indentation and numbers in their shortest form; arrays of numbers on one line.
std::string to_text(const Json& value);

/// JSON text on one line, with a line end; bytes that are not UTF-8 become U+FFFD.
std::string to_line(const Json& value);

/// How many objects and arrays may lie in one another: whoever walks through a value does so on the stack.
inline constexpr int k_deepest_json = 64;

/// The value that a text of another's making says. @param what names the text: a file, and where in it
/// @throws Error (input) if it is not JSON, or nested too deeply
Json parse_json(std::string_view text, const std::string& what);

/// How many objects and arrays lie in one another: 0 for a number or a text, 1 for [1, 2].
int depth_of(const Json& value);

/// null where the value is not finite or absent.
Json number(double value);
Json number(const std::optional<double>& value);
Json numbers(std::span<const double> values);

}  // namespace lvr::core
