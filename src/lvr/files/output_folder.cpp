// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/output_folder.hpp>

#include <algorithm>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>

namespace lvr::files {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_list = "files.json";

/// The list may have been edited: nothing outside the folder is ever touched.
bool stays_inside(const fs::path& name) {
    return name.is_relative() &&
           std::none_of(name.begin(), name.end(), [](const fs::path& part) { return part == ".."; });
}

std::set<std::string> listed_in(const fs::path& list) {
    std::error_code ignored;
    if (!fs::exists(list, ignored)) return {};
    const core::Json json = core::parse_json(core::read_text(list), list.string());
    std::set<std::string> names;
    for (const auto& name : json) {
        if (!name.is_string() || !stays_inside(name.get<std::string>())) {
            throw core::input_error(list.string() + ": is not a list of files as lvr writes it",
                                    "what an earlier run left there would stay",
                                    "remove it, or use another folder");
        }
        names.insert(name.get<std::string>());
    }
    return names;
}

}  // namespace

OutputFolder::OutputFolder(fs::path folder) : folder_(std::move(folder)) {
    make_folder(folder_);
    before_ = listed_in(folder_ / k_list);
}

fs::path OutputFolder::file(const std::string& name) {
    const fs::path path = folder_ / name;
    make_folder(path.parent_path());
    written_.insert(name);
    return path;
}

void OutputFolder::write(const std::string& name, std::string_view text) { write_text(file(name), text); }

void OutputFolder::finish() {
    for (const auto& name : before_) {
        std::error_code ignored;  // gone already, or not ours to remove: the list says what is of this run
        if (!written_.contains(name)) fs::remove(folder_ / name, ignored);
    }
    write_text(folder_ / k_list, core::to_text(core::Json(written_)) + "\n");
}

}  // namespace lvr::files
