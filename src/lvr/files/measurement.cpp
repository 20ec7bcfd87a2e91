// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <cmath>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/crash_message.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/results_dir.hpp>
#include <lvr/files/utf8.hpp>

#include "measurement_file.hpp"
#include "percent.hpp"

namespace lvr::files {
namespace {

namespace fs = std::filesystem;
using core::Json;

const std::string k_schema = "lvr-measurement";
constexpr std::int64_t k_version = 1;
constexpr std::size_t k_longest_name = 180;  // file systems stop at 255 bytes, the temporary name is longer

[[noreturn]] void fail(const std::string& file, const std::string& what) {
    throw core::input_error(file + ": " + what, "it is no measurement of ours, or damaged",
                            "remove it from results.d, or measure again");
}

/// The texts of a measurement under the names that its attributes have.
struct TextField {
    const char* name;
    std::string Measurement::*member;
};
constexpr TextField k_texts[] = {
    {"kind", &Measurement::kind}, {"representation", &Measurement::representation},
    {"name", &Measurement::name}, {"definition", &Measurement::definition},
    {"unit", &Measurement::unit}, {"family", &Measurement::family}};

struct NumberField {
    const char* name;
    double Measurement::*member;
};
constexpr NumberField k_numbers[] = {{"value", &Measurement::value},
                                     {"standard_error", &Measurement::standard_error},
                                     {"scale", &Measurement::scale},
                                     {"gpu_hours", &Measurement::gpu_hours},
                                     {"training_gpu_hours", &Measurement::training_gpu_hours}};

void check(const Measurement& m, const std::string& file) {
    const bool is_named = m.kind == "alignment" || m.kind == "score";
    if (!is_named && m.kind != "correspondence") fail(file, "kind '" + m.kind + "' is unknown");
    if (m.representation.empty()) fail(file, "names no representation");
    if (is_named == m.name.empty())
        fail(file, is_named ? "names no column" : "names a column, but C has one only");
    if (!std::isfinite(m.value)) fail(file, "the value is not a finite number");
    for (const auto& field : k_numbers) {
        if (std::isinf(m.*field.member)) fail(file, std::string(field.name) + " is infinite");
    }
    if (m.samples < 0) fail(file, "the number of samples is negative");
    for (const auto& [label, text] : m.labels) {
        if (first_bad_byte(label + text) != std::string::npos) fail(file, "a label is not UTF-8 text");
    }
}

Json json_attribute(const H5Group& root, const std::string& name) {
    return core::parse_json(root.text_attribute(name), root.file_name() + ": " + name);
}

std::map<std::string, std::string> labels_of(const H5Group& root) {
    std::map<std::string, std::string> labels;
    const Json all = json_attribute(root, "labels");
    for (const auto& [key, text] : all.items()) {
        if (!all.is_object() || !text.is_string()) fail(root.file_name(), "labels are not texts");
        labels[key] = text.get<std::string>();
    }
    return labels;
}

bool is_plain(char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte < 0x80 &&
           (std::isalnum(byte) != 0 || std::string_view("-_.@+").find(letter) != std::string_view::npos);
}

void fill(const H5Group& root, const Measurement& m) {
    root.write_attribute("schema", k_schema);
    root.write_attribute("version", k_version);
    for (const auto& field : k_texts) root.write_attribute(field.name, m.*field.member);
    for (const auto& field : k_numbers) root.write_attribute(field.name, m.*field.member);
    root.write_attribute("samples", m.samples);
    if (m.seed) root.write_attribute("seed", *m.seed);
    root.write_attribute("labels", Json(m.labels).dump());
    root.write_attribute("provenance", m.provenance.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string file_name_of(const Measurement& m) {
    const std::string seed = m.seed ? std::to_string(*m.seed) : "";
    std::string key = percent_encoded(m.representation, is_plain) + "~" + percent_encoded(m.kind, is_plain) +
                      "~" + percent_encoded(m.name, is_plain) + "~" + seed;
    if (key.front() == '.') key = "%2E" + key.substr(1);  // names with a leading point are hidden
    if (key.size() > k_longest_name) key = key.substr(0, k_longest_name - 65) + "~" + core::sha256(key);
    return key + ".h5";
}

void write_measurement(const fs::path& folder, const Measurement& m) {
    const fs::path file = folder / file_name_of(m);
    check(m, file.string());
    assemble({m}, file.string());  // what no table can hold would stop every rebuild to come
    make_folder(folder);
    H5File::write(file, [&](const H5Group& root) { fill(root, m); });
}

Measurement measurement_of(const H5Group& root) {
    const std::string& file = root.file_name();
    if (!root.has_attribute("schema") || root.text_attribute("schema") != k_schema) {
        fail(file, "is not a measurement (attribute schema)");
    }
    if (root.integer_attribute("version") != k_version) fail(file, "has another schema version");
    Measurement m;
    for (const auto& field : k_texts) m.*field.member = root.text_attribute(field.name);
    for (const auto& field : k_numbers) m.*field.member = root.real_attribute(field.name);
    m.samples = root.integer_attribute("samples");
    if (root.has_attribute("seed")) m.seed = root.integer_attribute("seed");
    m.labels = labels_of(root);
    m.provenance = json_attribute(root, "provenance");
    m.file = file;
    check(m, file);
    return m;
}

Measurement read_measurement(const fs::path& file) {
    const CrashMessage crash(file.string());
    return measurement_of(H5File::open_image(core::read_text(file), file.string()));
}

}  // namespace lvr::files
