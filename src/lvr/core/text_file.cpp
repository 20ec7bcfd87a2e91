// SPDX-License-Identifier: Apache-2.0
#include <lvr/core/text_file.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <lvr/core/error.hpp>

namespace lvr::core {

std::string read_text(const std::filesystem::path& file) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        throw input_error(file.string() + ": no such file", "", "check the path");
    }
    if (std::filesystem::is_directory(file, ignored)) {
        throw input_error(file.string() + ": is a folder, not a file", "", "name a file in it");
    }
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    if (!stream || content.bad()) {
        const std::string reason = std::strerror(errno);
        if (stream.is_open() && std::filesystem::file_size(file, ignored) == 0) return "";
        throw input_error(file.string() + ": cannot be read (" + reason + ")", "", "check the file's permissions");
    }
    return content.str();
}

}  // namespace lvr::core
