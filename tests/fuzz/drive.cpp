// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include <lvr/core/error.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/json_tree.hpp>
#include <lvr/files/measurement_file.hpp>
#include <lvr/files/results_schema.hpp>

#include "drive.hpp"
#include "mutate_h5.hpp"

namespace lvr::fuzz {
namespace {

using files::H5File;
using files::Results;

std::string image_of(const Results& results) {
    return H5File::image("image",
                         [&](const files::H5Group& root) { files::fill_results(root, results, {}); });
}

void expect(bool condition, const char* what) {
    if (!condition) throw std::logic_error(what);
}

/// Valid results go through CSV and through HDF5 without a change.
void round_trip(Results results) {
    const std::string first = files::to_csv(results);
    expect(files::to_csv(files::parse_csv(first, "csv")) == first, "CSV changed its own bytes");
    results.origin_csv.clear();
    const std::string image = image_of(results);
    const Results from_h5 = files::results_of(H5File::open_image(image, "image"));
    expect(image_of(from_h5) == image, "HDF5 changed the results");
    const std::string csv = files::to_csv(results);
    const Results from_csv = files::parse_csv(csv, "csv");
    expect(files::to_csv(from_csv) == csv, "CSV changed its own bytes");
    expect(image_of(from_csv) == image, "CSV changed the results");
}

template <class Read>
void expect_error_or(Read read) {
    try {
        read();
    } catch (const core::Error& error) {
        expect(error.kind() != core::ErrorKind::internal, error.what());
    }
    expect(H5File::open_objects() == 0, "an HDF5 object was left open");
}

/// What was read must survive, so here an Error is a finding too.
template <class Read>
void read_and_round_trip(Read read) {
    Results results;
    bool is_valid = false;
    expect_error_or([&] {
        results = read();
        is_valid = true;
    });
    if (!is_valid) return;
    try {
        round_trip(std::move(results));
    } catch (const core::Error& error) {
        throw std::logic_error(std::string("valid results do not survive: ") + error.what());
    }
}

}  // namespace

Bytes as_bytes(const std::string& content) {
    return {reinterpret_cast<const std::uint8_t*>(content.data()), content.size()};
}

void drive_csv(Bytes bytes) {
    const std::string text(bytes.begin(), bytes.end());
    read_and_round_trip([&] { return files::parse_csv(text, "csv"); });
}

void drive_results_h5(Bytes bytes) {
    Choices choices(bytes);
    std::string image;
    expect_error_or([&] { image = mutated_image(choices); });
    if (image.empty()) return;
    read_and_round_trip([&] { return files::results_of(H5File::open_image(image, "image")); });
    expect_error_or([&] { files::tree_of(H5File::open_image(image, "image")).dump(); });
}

void drive_raw_hdf5(Bytes bytes) {
    const std::string_view image(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    read_and_round_trip([&] { return files::results_of(H5File::open_image(image, "image")); });
    expect_error_or([&] { files::measurement_of(H5File::open_image(image, "image")); });
    expect_error_or([&] { files::tree_of(H5File::open_image(image, "image")).dump(); });
}

}  // namespace lvr::fuzz
