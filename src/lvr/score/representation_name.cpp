// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/representation_name.hpp>

#include <algorithm>
#include <filesystem>

#include <lvr/core/error.hpp>
#include <lvr/files/utf8.hpp>

namespace lvr::score {

std::string folder_name(const std::string& folder) {
    const auto path = std::filesystem::absolute(folder).lexically_normal();
    return (path.has_filename() ? path : path.parent_path()).filename().string();
}

std::string representation_name(const core::Json& identity, const std::string& folder) {
    if (!identity.is_object()) return folder_name(folder);
    const auto said = identity.find("representation");
    return said != identity.end() && said->is_string() ? said->get<std::string>() : folder_name(folder);
}

void expect_nameable(const std::string& representation) {
    const bool is_utf8 = files::first_bad_byte(representation) == std::string::npos;
    const auto is_control = [](unsigned char letter) { return letter < ' '; };
    const bool is_line = std::ranges::none_of(representation, is_control);
    const bool is_blank = representation.find_first_not_of(' ') == std::string::npos;
    if (is_utf8 && is_line && !is_blank) return;
    throw core::usage_error("the representation's name '" + files::shown(representation) + "' is " +
                                (is_blank  ? "blank"
                                 : is_utf8 ? "not one line"
                                           : "not UTF-8"),
                            "it becomes a name in the results", "give another with --representation NAME");
}

}  // namespace lvr::score
