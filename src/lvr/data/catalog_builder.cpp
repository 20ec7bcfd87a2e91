// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/catalog_builder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/data/catalog_hash.hpp>

namespace lvr::data {
namespace {

bool is_ascii(char letter) { return static_cast<unsigned char>(letter) < 0x80; }

bool is_utf8(const std::string& name) {
    if (std::all_of(name.begin(), name.end(), is_ascii)) return true;
    try {
        core::Json(name).dump();  // refuses what is not
        return true;
    } catch (const core::Json::exception&) {
        return false;
    }
}

std::string ascii(const std::string& name) {
    std::string out;
    for (const char letter : name) {
        if (is_ascii(letter)) {
            out += letter;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
        }
    }
    return out;
}

}  // namespace

CatalogBuilder::CatalogBuilder(Catalog::Kind kind, std::string root) {
    catalog_.kind = kind;
    catalog_.root = root.empty() ? "." : std::move(root);
}

void CatalogBuilder::add(const std::string& path) { add(path, path); }

void CatalogBuilder::add_row(const std::string& path, std::int64_t row) {
    const std::string stem = path.substr(0, path.rfind('.'));
    add(stem + ":" + std::to_string(row), path);
    catalog_.rows.push_back(row);
}

void CatalogBuilder::add(const std::string& name, const std::string& path) {
    const bool plain = is_utf8(name);
    std::string id = plain ? name : ascii(name);
    const auto [known, is_new] = path_of_.emplace(id, path);
    if (!is_new && catalog_.kind == Catalog::Kind::files && known->second == path) {
        ++repeated_;
        return;
    }
    if (!is_new) {
        throw core::input_error(fmt::format("{}: two images would both be called '{}'", catalog_.root, id),
                                "features are found by name", "rename one of the two");
    }
    encoded_ += plain ? 0 : 1;
    catalog_.ids.push_back(std::move(id));
    catalog_.paths.push_back(path);
}

void CatalogBuilder::note(std::string text) { catalog_.notes.push_back(std::move(text)); }

Catalog CatalogBuilder::finish(const std::string& what, const std::string& column) {
    catalog_.column = column;
    if (catalog_.ids.empty()) {
        std::string seen;
        for (const auto& text : catalog_.notes) seen += "; " + text;
        throw core::input_error(
            what + ": holds no images" + seen, "",
            "name a folder with .jpg, .jpeg, .png, .webp or .parquet files, or a list of paths");
    }
    if (repeated_ > 0)
        note(fmt::format("{} mention{} of an image that was named before", repeated_,
                         repeated_ == 1 ? "" : "s"));
    if (encoded_ > 0)
        note(fmt::format("{} name{} not UTF-8: percent-encoded in the ids", encoded_,
                         encoded_ == 1 ? " is" : "s are"));
    catalog_.hash = hash_of(catalog_);
    return std::move(catalog_);
}

}  // namespace lvr::data
