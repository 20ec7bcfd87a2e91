// SPDX-License-Identifier: Apache-2.0
#ifdef LVR_PARQUET

#include <lvr/data/parquet_values.hpp>

#include <arrow/util/utf8.h>
#include <fmt/format.h>

#include <optional>
#include <string_view>

#include <lvr/core/error.hpp>
#include <lvr/data/parquet_file.hpp>

namespace lvr::data {
namespace {

using Type = arrow::Type;

core::Error bad_cell(const std::string& where, const std::string& problem) {
    return core::input_error(where + " " + problem, "", "check that the file is whole, or fetch it again");
}

core::Json text_at(const arrow::Array& array, std::int64_t at, const NameCell& where) {
    static const bool ready = (arrow::util::InitializeUTF8(), true);
    const auto text = view(array, at);
    if (!text) return nullptr;
    if (!ready || !arrow::util::ValidateUTF8(*text)) throw bad_cell(where(), "is not UTF-8");
    return std::string(*text);
}

/// @return nothing if it is no number
template <class... Arrays>
std::optional<core::Json> number_at(const arrow::Array& array, std::int64_t at) {
    std::optional<core::Json> value;
    const auto try_one = [&]<class One>(const One* typed) {
        if (!typed) return;
        if constexpr (std::is_floating_point_v<typename One::value_type>)
            value = core::number(static_cast<double>(typed->Value(at)));
        else
            value = core::Json(typed->Value(at));
    };
    (try_one(dynamic_cast<const Arrays*>(&array)), ...);
    return value;
}

core::Json entry_at(const arrow::DictionaryArray& array, std::int64_t at, const NameCell& where) {
    const std::int64_t index = array.GetValueIndex(at);
    const arrow::Array& entries = *array.dictionary();
    if (index < 0 || index >= entries.length()) throw bad_cell(where(), "is not in its column's dictionary");
    return value_at(entries, index, where);
}

core::Json list_at(const arrow::Array& array, std::int64_t at, const NameCell& where) {
    const ListRange range = elements_of(array, at);
    core::Json list = core::Json::array();
    for (std::int64_t i = range.begin; i < range.end; ++i) list.push_back(value_at(*range.values, i, where));
    return list;
}

bool is_scalar(const arrow::DataType& type, bool binary) {
    switch (type.id()) {
        case Type::BINARY:
        case Type::LARGE_BINARY:
            return binary;
        case Type::NA:
        case Type::BOOL:
        case Type::FLOAT:
        case Type::DOUBLE:
        case Type::STRING:
        case Type::LARGE_STRING:
        case Type::STRING_VIEW:
            return true;
        case Type::DICTIONARY:
            return is_scalar(*static_cast<const arrow::DictionaryType&>(type).value_type(), binary);
        default:
            return arrow::is_integer(type.id());
    }
}

}  // namespace

bool holds_values(const arrow::DataType& type, bool binary) {
    const auto element = element_type(type);
    return is_scalar(element ? *element : type, binary);
}

core::Json value_at(const arrow::Array& array, std::int64_t at, const NameCell& where) {
    if (array.IsNull(at)) return nullptr;
    if (element_type(*array.type())) return list_at(array, at, where);
    if (array.type_id() == Type::BOOL) return static_cast<const arrow::BooleanArray&>(array).Value(at);
    if (array.type_id() == Type::DICTIONARY)
        return entry_at(static_cast<const arrow::DictionaryArray&>(array), at, where);
    using namespace arrow;
    const auto number = number_at<Int8Array, Int16Array, Int32Array, Int64Array, UInt8Array, UInt16Array,
                                  UInt32Array, UInt64Array, FloatArray, DoubleArray>(array, at);
    return number ? *number : text_at(array, at, where);
}

}  // namespace lvr::data

#endif
