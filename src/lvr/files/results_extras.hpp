// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <lvr/files/results.hpp>

namespace lvr::files {

// What a CSV's columns cannot carry is one line `#! {...}` of JSON, with any of these keys. It calls
// representations and columns by name, so that moving them in the table misleads nobody; a name that the
// table does not have is an error. (A line `#!` without a `{` behind it is a comment like any other.)
//   alignment: {<A column>: {definition, standard_error: {<representation>: number}}}
//   correspondence_definition; correspondence_error: {<representation>: number}
//   benchmarks: {<benchmark>: [unit, scale]}
//   scores: [[<representation>, <benchmark>, seed, standard_error, samples, gpu_hours], ...]; null = unknown
//   incomplete: true where there is no A column or no score column yet, which is an error otherwise; it must
//           be said before the header
//   provenance: anything

/// What an A column's name says of its definition: "loglik" and "cosine" are their own, all else
/// "unspecified".
std::string default_definition(const std::string& name);

/// The line without "#!", or "" if there is nothing to carry.
std::string extras_of(const Results& results);

/// True for a comment (without its '#') that is such a line.
bool is_extras(std::string_view comment);

/// What that line says. @throws Error (input) if it is not JSON
core::Json parse_extras(std::string_view comment, const std::string& file_name);

/// Puts them back. @throws Error (input) if they are malformed, hold an unknown key, or do not fit the table
void apply_extras(const core::Json& extras, Results& results, const std::string& file_name);

/// True if the extras say that the table has no A column, or no score column, on purpose.
bool says_incomplete(const core::Json& extras);

}  // namespace lvr::files
