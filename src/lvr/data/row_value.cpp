// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/row_value.hpp>

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include <lvr/core/name_list.hpp>

namespace lvr::data {
namespace {

using Kind = ColumnSpec::Kind;

constexpr std::size_t k_most_named = 30;
/// Whole numbers up to here are exact as doubles.
constexpr double k_exact = 9007199254740992.0;

std::string wanted(Kind kind) {
    switch (kind) {
        case Kind::text:
            return "a text";
        case Kind::integer:
            return "a whole number";
        default:
            return "a list of texts";
    }
}

std::string found(const core::Json& value, Kind wanted) {
    if (value.is_null()) return "null";
    if (value.is_string()) return fmt::format("the text {}", core::to_text(value).substr(0, 60));
    if (value.is_array()) return wanted == Kind::texts ? "a list of something else" : "a list";
    return value.is_object() ? "an object" : core::to_text(value);
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<core::Json> as_integer(const core::Json& value) {
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return std::nullopt;
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (value.is_number_float()) {  // what pandas makes of a column in which some are null
        const double number = value.get<double>();
        if (std::abs(number) > k_exact || number != std::trunc(number)) return std::nullopt;
        return static_cast<std::int64_t>(number);
    }
    if (!value.is_string()) return std::nullopt;
    const auto number = whole_number(value.get_ref<const std::string&>());
    return number ? std::optional<core::Json>(*number) : std::nullopt;
}

std::optional<core::Json> as_text(core::Json value) {
    if (value.is_string()) return value;
    if (value.is_number_integer()) return value.dump();
    return std::nullopt;
}

std::optional<core::Json> as_texts(core::Json value) {
    if (!value.is_array()) return std::nullopt;
    for (auto& one : value) {
        auto text = as_text(std::move(one));
        if (!text) return std::nullopt;
        one = *std::move(text);
    }
    return value;
}

}  // namespace

std::string RowPlace::named() const { return fmt::format("{}: {} {}", file, unit, number); }

core::Json value_as(core::Json value, const ColumnSpec& column, const RowPlace& place) {
    if (value.is_null() && column.optional) return value;
    core::ensure(!is_picture(column), "pictures are not among a row's values");
    auto fitting = column.kind == Kind::text      ? as_text(value)
                   : column.kind == Kind::integer ? as_integer(value)
                                                  : as_texts(value);
    if (fitting) return *std::move(fitting);
    throw core::input_error(fmt::format("{}: '{}' is {} where {} is needed", place.named(), column.name,
                                        found(value, column.kind), wanted(column.kind)),
                            "the questions are made of it", "mend the file, or name another one");
}

core::Error missing_column(const std::string& file, const std::string& column,
                           const std::vector<std::string>& names) {
    return core::input_error(fmt::format("{}: there is no column '{}'", file, column),
                             "the questions are made of it",
                             "name a dataset with such a column; this one has " +
                                 (names.empty() ? "none" : core::name_list(names, k_most_named)));
}

}  // namespace lvr::data
