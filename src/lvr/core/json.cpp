// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <lvr/core/error.hpp>

namespace lvr::core {
namespace {

bool is_flat(const Json& array) {
    return std::none_of(array.begin(), array.end(), [](const Json& item) { return item.is_structured(); });
}

/// Bytes that are not UTF-8 become U+FFFD: the text must stay JSON.
std::string plain_text(const Json& text) { return text.dump(-1, ' ', false, Json::error_handler_t::replace); }

void write(const Json& value, const std::string& indent, std::string& out);

void write_items(const Json& value, const std::string& indent, std::string& out) {
    const bool one_line = value.is_array() && is_flat(value);
    const std::string inner = indent + "  ";
    bool first = true;
    out += value.is_object() ? '{' : '[';
    for (auto item = value.begin(); item != value.end(); ++item) {
        if (!first) out += one_line ? ", " : ",";
        if (!one_line) out += "\n" + inner;
        if (value.is_object()) out += plain_text(item.key()) + ": ";
        write(*item, inner, out);
        first = false;
    }
    if (!one_line) out += "\n" + indent;
    out += value.is_object() ? '}' : ']';
}

void write(const Json& value, const std::string& indent, std::string& out) {
    if (value.is_number_float()) {
        out += shortest(value.get<double>());
    } else if (value.is_structured() && !value.empty()) {
        write_items(value, indent, out);
    } else {
        out += plain_text(value);
    }
}

}  // namespace

std::string shortest(double value) {
    if (!std::isfinite(value)) return "null";
    if (value == 0) return std::signbit(value) ? "-0.0" : "0";
    return fmt::format("{}", value);
}

std::string to_text(const Json& value) {
    std::string out;
    write(value, "", out);
    return out;
}

std::string to_line(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json parse_json(std::string_view text, const std::string& what) {
    const auto check_depth = [&](int depth, Json::parse_event_t event, const Json&) {
        const bool opens =
            event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
        if (opens && depth >= k_deepest_json) {
            throw input_error(fmt::format("{} is nested more than {} levels deep", what, k_deepest_json), "",
                              "restore it from a copy");
        }
        return true;
    };
    try {
        return Json::parse(text, check_depth);
    } catch (const Json::exception& error) {
        throw input_error(what + " is not JSON (" + error.what() + ")", "", "restore it from a copy");
    }
}

int depth_of(const Json& value) {
    if (!value.is_structured()) return 0;
    int deepest = 0;
    for (const auto& item : value) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

Json numbers(std::span<const double> values) {
    Json array = Json::array();
    for (const double value : values) array.push_back(number(value));
    return array;
}

}  // namespace lvr::core
