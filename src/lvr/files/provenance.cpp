// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/provenance.hpp>

#include <algorithm>

#include <lvr/core/build_info.hpp>
#include <lvr/files/utf8.hpp>

namespace lvr::files {
namespace {

using core::Json;

const std::string k_all = "provenance";

bool is_reserved(const std::string& name) { return name == "schema" || name == "version" || name == "list"; }

bool fits_attributes(const Json& provenance) {
    if (!provenance.is_object() || provenance.empty()) return false;
    const auto items = provenance.items();
    return std::all_of(items.begin(), items.end(), [](const auto& item) {
        const std::string key = item.key();
        return !key.empty() && key != k_all && !is_reserved(key) && first_bad_byte(key) == std::string::npos;
    });
}

std::string json_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A text as it is, unless it would be taken for JSON when read.
std::string plain_or_quoted(const std::string& text) {
    const bool is_plain = !Json::accept(text) && first_bad_byte(text) == std::string::npos;
    return is_plain ? text : json_text(text);
}

void write_item(const H5Group& root, const std::string& key, const Json& value) {
    const bool is_whole =
        value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
    if (is_whole) {
        root.write_attribute(key, value.get<std::int64_t>());
    } else if (value.is_string()) {
        root.write_attribute(key, plain_or_quoted(value.get<std::string>()));
    } else {
        root.write_attribute(key, json_text(value));
    }
}

Json read_item(const H5Group& root, const std::string& key) {
    switch (root.attribute_kind(key)) {
        case H5Group::Kind::integer:
            return root.integer_attribute(key);
        case H5Group::Kind::real:
            return root.real_attribute(key);
        default:
            break;
    }
    const std::string text = root.text_attribute(key);
    return Json::accept(text) ? core::parse_json(text, root.file_name() + ": attribute " + key) : Json(text);
}

}  // namespace

Json make_provenance(const Json& config, const std::map<std::string, std::string>& inputs,
                     std::optional<std::int64_t> seed) {
    const Json build = core::build_info();
    Json provenance;
    provenance["lvr_version"] = build.at("version");
    provenance["commit"] = build.at("commit");
    provenance["config"] = config;
    provenance["inputs"] = inputs;
    if (seed) provenance["seed"] = *seed;
    return provenance;
}

void write_provenance(const H5Group& root, const Json& provenance) {
    if (provenance.is_null()) return;
    if (!fits_attributes(provenance)) return root.write_attribute(k_all, json_text(provenance));
    for (const auto& [key, value] : provenance.items()) write_item(root, key, value);
}

Json read_provenance(const H5Group& root) {
    Json provenance;
    for (const auto& name : root.attribute_names()) {
        if (name == k_all) return read_item(root, name);
        if (!is_reserved(name)) provenance[name] = read_item(root, name);
    }
    return provenance;
}

}  // namespace lvr::files
