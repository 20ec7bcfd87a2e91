// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include <lvr/core/json.hpp>

namespace lvr::core {

using StringMap = std::map<std::string, std::string>;

/// One field of a configuration struct: its name (snake_case; `--kebab-case` on the command line), where it
/// lives, and one line that says what it is, with its unit.
struct Field {
    std::string name;
    std::variant<bool*, std::int64_t*, double*, std::string*, std::vector<std::string>*, std::vector<double>*,
                 StringMap*>
        value;
    std::string doc;
    std::vector<std::string> choices = {};  ///< if not empty, the texts allowed (string fields)
    bool positional = false;                ///< on the command line it is an argument without a dash
    bool many = false;  ///< a list that on the command line takes all words up to the next option: A B or A,B
};

/// A configuration is a plain struct with defaults in place and a member `Fields fields()` that lists it.
using Fields = std::vector<Field>;

/// Sets the fields that a TOML file names.
/// @throws Error (input) if the file cannot be read; (usage) for a syntax error (with line and column), an
/// unknown key
///         (naming the nearest known one), a wrong type, an infinite number or a text that is not among the
///         choices
/// @param tables names of tables in the file that are not fields: they are left to load_toml_table
void load_toml(const std::filesystem::path& file, const Fields& fields,
               const std::vector<std::string>& tables = {});

/// The same for one [table] of the file, whose keys are the fields. @return false if there is no such table
bool load_toml_table(const std::filesystem::path& file, const std::string& table, const Fields& fields);

/// The fields as a TOML document that `load_toml` reads back, each behind its doc line.
std::string to_toml(const Fields& fields);

/// The fields as a JSON object, to be echoed into outputs.
Json to_json(const Fields& fields);

/// The candidate nearest to `word` (edits, a swap of neighbours counting as one), or "" if none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);

/// The choices of a field, for messages: "fast, exact". An empty one, which means "not given", is left out.
std::string choices_text(const Field& field);

/// @throws Error (usage) if a string field holds a text that is not among its choices.
void check_choices(const Fields& fields);

}  // namespace lvr::core
