// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/config_json.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <variant>

#include <lvr/core/error.hpp>

namespace lvr::core {

void from_json(const Json& object, const Fields& fields, const std::string& what) {
    const auto refuse = [&](const std::string& problem) {
        throw input_error(fmt::format("{}: {}", what, problem), "it is of another version, or damaged",
                          "make it anew");
    };
    if (!object.is_object()) refuse("is no object of settings");
    for (const auto& [name, value] : object.items()) {
        const auto field = std::find_if(fields.begin(), fields.end(),
                                        [&, &key = name](const Field& one) { return one.name == key; });
        if (field == fields.end()) refuse(fmt::format("has '{}', which is no setting", name));
        try {
            std::visit([&, &json = value](auto* target) { json.get_to(*target); }, field->value);
        } catch (const Json::exception&) {
            refuse(fmt::format("'{}' is of another type", name));
        }
    }
}

}  // namespace lvr::core
