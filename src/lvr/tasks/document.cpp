// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/document.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/data/unicode_text.hpp>
#include <lvr/tasks/python_text.hpp>

namespace lvr::tasks {
namespace {

[[noreturn]] void refuse(std::string_view name, std::string_view problem) {
    throw core::input_error(
        fmt::format("a question's \"{}\" {}", name, problem), "the benchmark cannot be asked without it",
        "check that the data set is the benchmark's, with the columns that were published");
}

}  // namespace

const core::Json& member(const Document& document, std::string_view name) {
    const auto found = document.find(name);
    if (found == document.end()) refuse(name, "is missing");
    return *found;
}

const std::string& text_member(const Document& document, std::string_view name) {
    const auto& value = member(document, name);
    if (!value.is_string())
        refuse(name, fmt::format("is no text: {}",
                                 value.dump(-1, ' ', false, core::Json::error_handler_t::replace)));
    return value.get_ref<const std::string&>();
}

const std::string& TextMember::of(const Document& document) {
    if (const auto* members = document.get_ptr<const core::Json::object_t*>()) {
        const auto is_it = [&](const auto& entry) {
            return entry.first == name_ && entry.second.is_string();
        };
        auto entry = members->begin() + static_cast<std::ptrdiff_t>(std::min(place_, members->size()));
        if (entry == members->end() || !is_it(*entry))
            entry = std::find_if(members->begin(), members->end(), is_it);
        if (entry != members->end()) {
            place_ = static_cast<std::size_t>(entry - members->begin());
            return entry->second.get_ref<const std::string&>();
        }
    }
    return text_member(document, name_);
}

std::string shown_member(const Document& document, std::string_view name) {
    const auto& value = member(document, name);
    if (value.is_structured()) refuse(name, "is a list or an object, not a text");
    return python::str(value);
}

std::vector<std::string> texts_member(const Document& document, std::string_view name) {
    const auto& value = member(document, name);
    if (!value.is_array()) refuse(name, "is no list");
    std::vector<std::string> texts;
    for (const auto& item : value) {
        if (!item.is_string()) refuse(name, "is no list of texts");
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

std::string lettered(std::span<const std::string> options) {
    std::string text;
    for (std::size_t i = 0; i < options.size(); ++i)
        text += fmt::format("{}{}. {}", i == 0 ? "" : "\n", letter_of(i), options[i]);
    return text;
}

std::string letter_of(std::size_t position) {
    std::string letter;
    data::append_code_point(letter, static_cast<std::int32_t>('A' + position));
    return letter;
}

}  // namespace lvr::tasks
