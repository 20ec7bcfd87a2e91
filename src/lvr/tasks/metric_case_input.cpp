// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/metric_case_input.hpp>

#include <fmt/format.h>

#include <cmath>

#include <lvr/core/error.hpp>
#include <lvr/tasks/document.hpp>

namespace lvr::tasks {
namespace {

using core::Json;

const Json& input_of(const Json& metric_case) {
    const auto found = metric_case.find("input");
    if (found == metric_case.end() || !found->is_object())
        throw core::input_error("a case has no object \"input\"", "", "check how the file was made");
    return *found;
}

}  // namespace

Json written(double value) {
    if (std::isnan(value)) return {{"float", "nan"}};
    if (std::isinf(value)) return {{"float", value > 0 ? "inf" : "-inf"}};
    return value;
}

Json written(const Json& value) {
    if (value.is_number_float()) return written(value.get<double>());
    Json copy = value;
    if (value.is_structured()) {
        for (auto& item : copy) item = written(item);
    }
    return copy;
}

Json without_nan(const Json& value) {
    if (value.is_object() && value.size() == 1 && value.contains("float") && value["float"] == "nan")
        return nullptr;
    Json copy = value;
    if (value.is_structured()) {
        for (auto& item : copy) item = without_nan(item);
    }
    return copy;
}

const Json& input_member(const Json& metric_case, std::string_view name) {
    return member(input_of(metric_case), name);
}

const std::string& input_text(const Json& metric_case, std::string_view name) {
    return text_member(input_of(metric_case), name);
}

std::int64_t input_integer(const Json& metric_case, std::string_view name) {
    const auto& value = input_member(metric_case, name);
    if (!value.is_number_integer())
        throw core::input_error(fmt::format("a case's \"{}\" is no whole number", name), "",
                                "check how the file was made");
    return value.get<std::int64_t>();
}

std::uint64_t input_seed(const Json& metric_case, const char* name) {
    const std::int64_t seed = input_integer(metric_case, name);  // Python takes its absolute value
    return seed < 0 ? 0 - static_cast<std::uint64_t>(seed) : static_cast<std::uint64_t>(seed);
}

std::vector<std::string> input_texts(const Json& metric_case, std::string_view name) {
    return texts_member(input_of(metric_case), name);
}

bool is_of(const Json& metric_case, std::string_view word) {
    const auto name = metric_case.find("fn");
    return name != metric_case.end() && name->is_string() &&
           name->get_ref<const std::string&>().find(word) != std::string::npos;
}

}  // namespace lvr::tasks
