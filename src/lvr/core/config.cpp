// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/config.hpp>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>

namespace lvr::core {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

std::string position(const toml::node& node) {
    return fmt::format("line {}, column {}", node.source().begin.line, node.source().begin.column);
}

template <class T>
T typed(const toml::node& node, const std::string& where, const char* type) {
    const auto value = node.value_exact<T>();
    if (!value) {
        throw usage_error(fmt::format("{}: is not {}", where, type),
                          "a value of another type would be guessed at", "give it " + std::string(type));
    }
    return *value;
}

double real(const toml::node& node, const std::string& where) {
    if (const auto integer = node.value_exact<std::int64_t>()) return static_cast<double>(*integer);
    const double value = typed<double>(node, where, "a number");
    if (!std::isfinite(value))
        throw usage_error(where + ": is not a finite number", "", "give it a finite number");
    return value;
}

template <class T, class Convert>
std::vector<T> list(const toml::node& node, const std::string& where, Convert convert) {
    const auto* array = node.as_array();
    if (array == nullptr) throw usage_error(where + ": is not a list", "", "write it in brackets: [ , ]");
    std::vector<T> items;
    for (const auto& item : *array) items.push_back(convert(item, where));
    return items;
}

StringMap string_map(const toml::node& node, const std::string& where) {
    const auto* table = node.as_table();
    if (table == nullptr)
        throw usage_error(where + ": is not a table", "", "write it as a [table] of name = \"text\"");
    StringMap map;
    for (const auto& [key, item] : *table) {
        map[std::string(key.str())] =
            typed<std::string>(item, where + "." + std::string(key.str()), "a text");
    }
    return map;
}

std::string text(const toml::node& node, const std::string& where) {
    return typed<std::string>(node, where, "a text in quotes");
}

void assign(const Field& field, const toml::node& node, const std::string& where) {
    std::visit(Overloaded{[&](bool* v) { *v = typed<bool>(node, where, "true or false"); },
                          [&](std::int64_t* v) { *v = typed<std::int64_t>(node, where, "an integer"); },
                          [&](double* v) { *v = real(node, where); },
                          [&](std::string* v) { *v = text(node, where); },
                          [&](std::vector<std::string>* v) { *v = list<std::string>(node, where, text); },
                          [&](std::vector<double>* v) { *v = list<double>(node, where, real); },
                          [&](StringMap* v) { *v = string_map(node, where); }},
               field.value);
}

/// A basic string on one line, also where a key must be one.
std::string quoted(const std::string& value) {
    std::string out = "\"";
    for (const char letter : value) {
        const auto code = static_cast<unsigned char>(letter);
        const bool is_control = code < 0x20 || code == 0x7f;
        if (is_control) {
            out += fmt::format("\\u{:04x}", code);
        } else {
            if (letter == '"' || letter == '\\') out += '\\';
            out += letter;
        }
    }
    return out + '"';
}

std::string toml_number(double value) {
    const std::string digits = shortest(value);
    const bool has_point = digits.find_first_of(".e") != std::string::npos;
    return has_point ? digits : digits + ".0";
}

std::string toml_value(const Field& field) {
    return std::visit(Overloaded{[](const bool* v) { return std::string(*v ? "true" : "false"); },
                                 [](const std::int64_t* v) { return std::to_string(*v); },
                                 [](const double* v) { return toml_number(*v); },
                                 [](const std::string* v) { return quoted(*v); },
                                 [](const std::vector<std::string>* v) {
                                     std::vector<std::string> items;
                                     for (const auto& item : *v) items.push_back(quoted(item));
                                     return fmt::format("[{}]", fmt::join(items, ", "));
                                 },
                                 [](const std::vector<double>* v) {
                                     std::vector<std::string> items;
                                     for (const double item : *v) items.push_back(toml_number(item));
                                     return fmt::format("[{}]", fmt::join(items, ", "));
                                 },
                                 [](const StringMap* v) {
                                     std::vector<std::string> items;
                                     for (const auto& [key, item] : *v)
                                         items.push_back(quoted(key) + " = " + quoted(item));
                                     return fmt::format("{{{}}}", fmt::join(items, ", "));
                                 }},
                      field.value);
}

/// Letters to insert, delete, replace or swap with their neighbour to get from one word to the other (optimal
/// string alignment).
std::size_t edits(const std::string& from, const std::string& to) {
    std::vector<std::size_t> before_last, last(to.size() + 1), row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        before_last = std::exchange(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            row[j] =
                std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1)});
            const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row.back();
}

toml::table parse(const std::filesystem::path& file) {
    const std::string content = read_text(file);
    try {
        return toml::parse(content, file.string());
    } catch (const toml::parse_error& error) {
        throw usage_error(fmt::format("{}: line {}, column {}: {}", file.string(), error.source().begin.line,
                                      error.source().begin.column, error.description()),
                          "the configuration is not valid TOML", "correct that line");
    }
}

/// @param where the file, and the table in it
void assign_all(const toml::table& table, const std::string& where, const Fields& fields,
                const std::vector<std::string>& left_out) {
    std::vector<std::string> names;
    for (const auto& field : fields) names.push_back(field.name);
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        if (node.is_table() && std::find(left_out.begin(), left_out.end(), name) != left_out.end()) continue;
        const auto field =
            std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == name; });
        const std::string here = fmt::format("{}: {}: {}", where, position(node), name);
        if (field == fields.end()) {
            const std::string near = nearest(name, names);
            throw usage_error(
                here + ": unknown key", "a misspelt key would be ignored silently",
                near.empty() ? "see --dump-config for the keys" : "did you mean '" + near + "'?");
        }
        assign(*field, node, here);
    }
    check_choices(fields);
}

}  // namespace

void load_toml(const std::filesystem::path& file, const Fields& fields,
               const std::vector<std::string>& tables) {
    assign_all(parse(file), file.string(), fields, tables);
}

bool load_toml_table(const std::filesystem::path& file, const std::string& table, const Fields& fields) {
    const toml::table whole = parse(file);
    const toml::table* const part = whole[table].as_table();
    if (part != nullptr) assign_all(*part, file.string(), fields, {});
    return part != nullptr;
}

std::string to_toml(const Fields& fields) {
    std::string out;
    for (const auto& field : fields) {
        out += "# " + field.doc;
        if (!field.choices.empty()) out += fmt::format(" ({})", choices_text(field));
        out += "\n" + field.name + " = " + toml_value(field) + "\n";
    }
    return out;
}

Json to_json(const Fields& fields) {
    Json object = Json::object();
    for (const auto& field : fields) {
        std::visit([&](const auto* value) { object[field.name] = *value; }, field.value);
    }
    return object;
}

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2);
    for (const auto& candidate : candidates) {
        const std::size_t distance = edits(word, candidate);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = candidate;
    }
    return best;
}

std::string choices_text(const Field& field) {
    std::vector<std::string> named = field.choices;
    std::erase(named, "");
    return fmt::format("{}", fmt::join(named, ", "));
}

void check_choices(const Fields& fields) {
    for (const auto& field : fields) {
        const auto* value = std::get_if<std::string*>(&field.value);
        if (value == nullptr || field.choices.empty()) continue;
        if (std::find(field.choices.begin(), field.choices.end(), **value) != field.choices.end()) continue;
        throw usage_error(fmt::format("{}: '{}' is not one of {}", field.name, **value, choices_text(field)),
                          "", "choose one of them");
    }
}

}  // namespace lvr::core
