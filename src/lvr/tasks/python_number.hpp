// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

// Numbers as Python 3.11 reads and rounds them.
namespace lvr::tasks::python {

/// float(text): signs, exponents, "5.", ".5", inf, infinity and nan in any case, single underscores between
/// digits, decimal digits of any script, white space at the ends. @return nothing where it raises ValueError
std::optional<double> to_float(std::string_view text);

/// round(value, digits): to the nearest decimal of the exact binary value, halves to even.
/// @param digits after the point, 0 to 15
double round_to(double value, int digits);

}  // namespace lvr::tasks::python
