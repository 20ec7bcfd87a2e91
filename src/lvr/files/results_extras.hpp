// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/files/results.hpp>

namespace lvr::files {

/// What a CSV's columns cannot carry, as one line of JSON; "" if there is nothing: definitions, standard errors,
/// units and scales, each score's error, samples and cost, the order of scores, provenance.
std::string extras_of(const Results& results);

/// Puts them back. @throws Error (input) if they are malformed or do not fit the table
void apply_extras(const std::string& extras, Results& results, const std::string& file_name);

}  // namespace lvr::files
