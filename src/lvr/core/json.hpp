// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string>

namespace lvr::core {

/// Keys keep the order in which they were written, so that equal results are equal bytes.
using Json = nlohmann::ordered_json;

/// The shortest decimal form that reads back to the same bits: "0.1", "12", "1e+300"; "null" unless finite.
std::string shortest(double value);

/// JSON text with two-space indentation and numbers in their shortest form; arrays of numbers on one line.
std::string to_text(const Json& value);

/// null where the value is not finite or absent.
Json number(double value);
Json number(const std::optional<double>& value);
Json numbers(std::span<const double> values);

}  // namespace lvr::core
