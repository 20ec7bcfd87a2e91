// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/files/results.hpp>

namespace lvr::files {

// What a CSV's columns cannot carry is one line `#! {...}` of JSON, with any of these keys:
//   alignment: {<A column>: {definition, standard_error: [R]}}
//   correspondence_definition; correspondence_error: [R]
//   benchmarks: {<benchmark>: [unit, scale]}
//   scores: [[representation, benchmark, seed, standard_error, samples, gpu_hours], ...]: two indices;
//           null = unknown
//   incomplete: true where there is no A column or no score column yet, which is an error otherwise; it must
//           be said before the header
//   provenance: anything

/// What an A column's name says of its definition: "loglik" and "cosine" are their own, all else
/// "unspecified".
std::string default_definition(const std::string& name);

/// The line without "#!", or "" if there is nothing to carry.
std::string extras_of(const Results& results);

/// Puts them back. @throws Error (input) if they are malformed, hold an unknown key, or do not fit the table
void apply_extras(const std::string& extras, Results& results, const std::string& file_name);

/// True if the extras say that the table has no A column, or no score column, on purpose.
bool says_incomplete(const std::string& extras);

}  // namespace lvr::files
