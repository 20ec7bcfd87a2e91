// SPDX-License-Identifier: Apache-2.0
#include <hdf5.h>

#include <algorithm>
#include <vector>

#include <lvr/files/results_schema.hpp>

#include "mutate_h5.hpp"

namespace lvr::fuzz {
namespace {

using files::Results;

constexpr const char* k_paths[] = {"comments",
                                   "label_columns",
                                   "origin_csv",
                                   "representations",
                                   "representations/name",
                                   "representations/family",
                                   "representations/gpu_hours",
                                   "representations/labels",
                                   "representations/labels/0",
                                   "alignment",
                                   "alignment/name",
                                   "alignment/definition",
                                   "alignment/value",
                                   "alignment/standard_error",
                                   "correspondence",
                                   "correspondence/value",
                                   "correspondence/standard_error",
                                   "correspondence/definition",
                                   "benchmarks",
                                   "benchmarks/name",
                                   "benchmarks/unit",
                                   "benchmarks/scale",
                                   "scores",
                                   "scores/representation",
                                   "scores/benchmark",
                                   "scores/seed",
                                   "scores/value",
                                   "scores/standard_error",
                                   "scores/samples",
                                   "scores/gpu_hours",
                                   "results_d",
                                   "results_d/file",
                                   "results_d/sha256",
                                   "extra",
                                   "representations/extra"};
constexpr const char* k_attributes[] = {"schema", "version", "provenance", "config", "seed", "list"};

std::vector<double> column_of(Choices& choices, std::size_t rows) {
    std::vector<double> values(rows);
    for (double& value : values) value = choices.number();
    return values;
}

std::string unique_name(Choices& choices, std::size_t i) {
    return choices.below(8) == 0 ? choices.text() : choices.text() + std::to_string(i);
}

void choose_rows(Choices& choices, Results& r) {
    r.label_columns.resize(choices.below(3));
    for (std::size_t i = 0; i < r.label_columns.size(); ++i) r.label_columns[i] = unique_name(choices, i);
    r.representations.resize(choices.below(6));
    for (std::size_t i = 0; i < r.representations.size(); ++i) {
        auto& x = r.representations[i];
        x = {unique_name(choices, i), choices.text(), choices.number(), {}};
        for (std::size_t j = 0; j < r.label_columns.size(); ++j) x.labels.push_back(choices.text());
    }
}

files::Score score_of(Choices& choices) {
    files::Score score{static_cast<std::int64_t>(choices.below(6)),
                       static_cast<std::int64_t>(choices.below(4)), std::nullopt};
    if (choices.below(2) == 1) score.seed = choices.raw<std::int8_t>();
    score.value = choices.number();
    score.standard_error = choices.number();
    score.samples = choices.raw<std::int16_t>();
    score.gpu_hours = choices.number();
    return score;
}

void choose_columns(Choices& choices, Results& r) {
    const std::size_t rows = r.representations.size();
    r.alignment.resize(choices.below(3));
    for (std::size_t i = 0; i < r.alignment.size(); ++i) {
        r.alignment[i] = {unique_name(choices, i), choices.text(), column_of(choices, rows),
                          column_of(choices, rows)};
    }
    r.correspondence = column_of(choices, rows);
    r.correspondence_error = column_of(choices, rows);
    r.correspondence_definition = choices.text();
    r.benchmarks.resize(choices.below(4));
    for (std::size_t i = 0; i < r.benchmarks.size(); ++i) {
        r.benchmarks[i] = {unique_name(choices, i), choices.text(), choices.number()};
    }
    r.scores.resize(choices.below(8));
    for (auto& score : r.scores) score = score_of(choices);
}

core::Json provenance_of(Choices& choices) {
    core::Json provenance;
    for (std::size_t i = choices.below(4); i > 0; --i) {
        const std::string key = choices.text();
        switch (choices.below(4)) {
            case 0:
                provenance[key] = choices.text();
                break;
            case 1:
                provenance[key] = choices.raw<std::int64_t>();
                break;
            case 2:
                provenance[key] = core::number(choices.number());
                break;
            default:
                provenance[key] = {{"k", true}, {"l", {1, 2.5}}};
        }
    }
    return provenance;
}

Results results_of(Choices& choices) {
    Results r;
    choose_rows(choices, r);
    choose_columns(choices, r);
    for (std::size_t i = choices.below(3); i > 0; --i) r.comments.push_back(choices.text());
    r.provenance = provenance_of(choices);
    if (choices.below(4) == 0) r.origin_csv = "representation,C,A_x,score_x\na,1,2," + choices.text() + "\n";
    return r;
}

/// An HDF5 identifier; what fails is simply not changed.
struct Id {
    hid_t id;
    ~Id() {
        if (id >= 0) H5Idec_ref(id);
    }
    operator hid_t() const { return id; }
};

hid_t text_type(std::size_t size) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, size);
    return type;
}

hid_t compound_type() {
    const hid_t type = H5Tcreate(H5T_COMPOUND, 8);
    H5Tinsert(type, "a", 0, H5T_NATIVE_INT32);
    return type;
}

hid_t enum_type() {
    const hid_t type = H5Tenum_create(H5T_STD_I8LE);
    const std::int8_t yes = 1;
    H5Tenum_insert(type, "TRUE", &yes);
    return type;
}

hid_t chosen_type(Choices& choices) {
    const hsize_t two = 2;
    switch (choices.below(12)) {
        case 0:
            return H5Tcopy(H5T_IEEE_F64LE);
        case 1:
            return H5Tcopy(H5T_IEEE_F32BE);
        case 2:
            return H5Tcopy(H5T_STD_I64LE);
        case 3:
            return H5Tcopy(H5T_STD_U64BE);
        case 4:
            return H5Tcopy(H5T_STD_I8LE);
        case 5:
            return text_type(1 + choices.byte());
        case 6:
            return text_type(H5T_VARIABLE);
        case 7:
            return compound_type();
        case 8:
            return enum_type();
        case 9:
            return H5Tcreate(H5T_OPAQUE, 1 + choices.byte());
        case 10:
            return H5Tarray_create2(H5T_IEEE_F64LE, 1, &two);
        default:
            return H5Tcopy(H5T_STD_REF_OBJ);
    }
}

hid_t chosen_space(Choices& choices) {
    if (choices.below(8) == 0) return H5Screate(H5S_NULL);
    std::vector<hsize_t> extents(choices.below(4));
    for (auto& extent : extents)
        extent = choices.below(16) == 0 ? hsize_t{1} << (20 + choices.below(20)) : choices.below(6);
    return H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
}

/// Bytes for a dataset or an attribute of this size, unless it is a claim only.
std::vector<std::uint8_t> chosen_bytes(Choices& choices, hid_t type, hid_t space) {
    const hssize_t points = H5Sget_simple_extent_npoints(space);
    const std::size_t size = H5Tget_size(type);
    if (H5Tis_variable_str(type) > 0 || H5Tget_class(type) == H5T_REFERENCE) return {};
    if (points <= 0 || static_cast<std::size_t>(points) > 4096 / size) return {};
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(points) * size);
    for (auto& byte : bytes) byte = choices.byte();
    return bytes;
}

void put_dataset(Choices& choices, hid_t file, const char* path) {
    H5Ldelete(file, path, H5P_DEFAULT);
    const Id type{chosen_type(choices)}, space{chosen_space(choices)}, links{H5Pcreate(H5P_LINK_CREATE)};
    H5Pset_create_intermediate_group(links, 1);
    const Id dataset{H5Dcreate2(file, path, type, space, links, H5P_DEFAULT, H5P_DEFAULT)};
    const auto bytes = chosen_bytes(choices, type, space);
    if (dataset >= 0 && !bytes.empty()) H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
}

void overwrite_dataset(Choices& choices, hid_t file, const char* path) {
    const Id dataset{H5Dopen2(file, path, H5P_DEFAULT)};
    if (dataset < 0) return;
    const Id type{H5Dget_type(dataset)}, space{H5Dget_space(dataset)};
    const auto bytes = chosen_bytes(choices, type, space);
    if (!bytes.empty()) H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
}

void put_link(Choices& choices, hid_t file, const char* path) {
    H5Ldelete(file, path, H5P_DEFAULT);
    const char* const other = k_paths[choices.below(std::size(k_paths))];
    switch (choices.below(4)) {
        case 0:
            H5Lcreate_soft(other, file, path, H5P_DEFAULT, H5P_DEFAULT);
            break;
        case 1:
            H5Lcreate_soft("nowhere", file, path, H5P_DEFAULT, H5P_DEFAULT);
            break;
        case 2:
            H5Lcreate_hard(file, other, file, path, H5P_DEFAULT, H5P_DEFAULT);
            break;
        default:
            H5Lcreate_hard(file, ".", file, path, H5P_DEFAULT, H5P_DEFAULT);
    }
}

void put_attribute(Choices& choices, hid_t file) {
    const char* const name = k_attributes[choices.below(std::size(k_attributes))];
    const Id root{H5Gopen2(file, choices.below(4) == 0 ? "representations" : "/", H5P_DEFAULT)};
    if (root < 0) return;
    H5Adelete(root, name);
    if (choices.below(4) == 0) return;
    const Id type{chosen_type(choices)}, space{chosen_space(choices)};
    const hssize_t points = H5Sget_simple_extent_npoints(space);
    if (points > 4096) return;
    const Id attribute{H5Acreate2(root, name, type, space, H5P_DEFAULT, H5P_DEFAULT)};
    const auto bytes = chosen_bytes(choices, type, space);
    if (attribute >= 0 && !bytes.empty()) H5Awrite(attribute, type, bytes.data());
}

void mutate(Choices& choices, hid_t file) {
    const char* const path = k_paths[choices.below(std::size(k_paths))];
    switch (choices.below(6)) {
        case 0:
            H5Ldelete(file, path, H5P_DEFAULT);
            break;
        case 1:
            put_dataset(choices, file, path);
            break;
        case 2:
            put_link(choices, file, path);
            break;
        case 3:
            put_attribute(choices, file);
            break;
        case 4: {
            H5Ldelete(file, path, H5P_DEFAULT);
            const Id group{H5Gcreate2(file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)};
            break;
        }
        default:
            overwrite_dataset(choices, file, path);
    }
}

}  // namespace

std::string mutated_image(Choices& choices) {
    const Results results = results_of(choices);
    const std::size_t changes = choices.below(4);
    std::string image = files::H5File::image("image", [&](const auto& root) {
        files::fill_results(root, results, {{"f", "0"}});
    });
    const Id access{H5Pcreate(H5P_FILE_ACCESS)};
    H5Pset_fapl_core(access, 64 * 1024, false);
    H5Pset_file_image(access, image.data(), image.size());
    const Id file{H5Fopen("image", H5F_ACC_RDWR, access)};
    for (std::size_t i = 0; i < changes; ++i) mutate(choices, file);
    H5Fflush(file, H5F_SCOPE_LOCAL);
    image.resize(static_cast<std::size_t>(std::max<ssize_t>(0, H5Fget_file_image(file, nullptr, 0))));
    H5Fget_file_image(file, image.data(), image.size());
    H5Eclear2(H5E_DEFAULT);
    return image;
}

}  // namespace lvr::fuzz
