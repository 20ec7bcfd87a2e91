// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/files/features.hpp>
#include <lvr/files/half_float.hpp>
#include <lvr/files/npy.hpp>
#include <lvr/score/import_features.hpp>

#include "run_folder.hpp"
#include "world.hpp"

using namespace lvr;
using test::RunFolder;
using test::world;
namespace fs = std::filesystem;

namespace {

const std::string k_features = std::string(LVR_SOURCE_DIR) + "/tests/data/cscore_spair/features";

/// The map [1, C, P, P] of a file as float32 tokens [P * P, C], by definition.
std::vector<float> tokens_of(const std::string& file) {
    const auto header = files::read_npy_header(file);
    const auto bytes = files::read_npy_values(file, header);
    const auto channels = header.shape.at(1), patches = header.shape.at(2) * header.shape.at(3);
    std::vector<float> tokens;
    for (std::int64_t patch = 0; patch < patches; ++patch) {
        for (std::int64_t channel = 0; channel < channels; ++channel) {
            const auto at = static_cast<std::size_t>(channel * patches + patch);
            float value = 0;
            std::uint16_t bits = 0;
            if (header.type == files::NpyType::float32) {
                std::memcpy(&value, bytes.data() + at * 4, 4);
            } else {
                std::memcpy(&bits, bytes.data() + at * 2, 2);
                value = files::from_bfloat16(bits);
            }
            tokens.push_back(value);
        }
    }
    return tokens;
}

struct Case {
    const char* suffix;
    std::int64_t side;
    files::StorageType type;
    bool has_flipped;
};

void check_folder(const fs::path& folder, const Case& one, std::int64_t shard_size) {
    files::FeatureFolder features(folder);
    CHECK(features.images() == 30);
    CHECK(features.tokens() == one.side * one.side);
    CHECK(features.channels() == 48);
    CHECK(features.type() == one.type);
    CHECK(features.has_flipped() == one.has_flipped);
    CHECK(features.provenance().at("grid") == core::Json{one.side, one.side});
    CHECK(features.provenance().at("import").at("suffix") == one.suffix);
    CHECK(std::is_sorted(features.image_ids().begin(), features.image_ids().end()));
    CHECK(fs::exists(folder / "index.h5"));
    const auto last = (30 + shard_size - 1) / shard_size - 1;
    CHECK(fs::exists(folder / ("part-00000" + std::to_string(last) + ".h5")));
    for (std::int64_t image = 0; image < features.images(); ++image) {
        const std::string id = features.image_ids().at(static_cast<std::size_t>(image)),
                          start = k_features + "/" + id;
        INFO(id);
        CHECK(features.status().at(static_cast<std::size_t>(image)) == 0);
        CHECK(features.read(image) == tokens_of(start + one.suffix));
        if (one.has_flipped) CHECK(features.read_flipped(image) == tokens_of(start + "_m1_flip.npy"));
    }
}

score::ImportConfig config_of(const std::string& from, const fs::path& out, const std::string& suffix) {
    score::ImportConfig config;
    config.import_features = from;
    config.out = out.string();
    config.suffix = suffix;
    config.validate();
    return config;
}

/// The same Error on every rank, without the line that says where.
std::string refusal(const score::ImportConfig& config) {
    run::Job job(world());
    std::string said;
    try {
        score::import_features(job, config);
    } catch (const core::Error& error) {
        said = error.what();
        said = said.substr(0, said.find("\n  ranks:"));
    }
    for (const auto& other : world().all_gather(said)) CHECK(other == said);
    return said;
}

}  // namespace

TEST_CASE("the parts of an import hold what the files do, whatever the ranks", "[mpi]") {
    const RunFolder folder("import");
    const Case cases[] = {{"_m1.npy", 16, files::StorageType::float32, true},
                          {"_m1bf16.npy", 16, files::StorageType::bfloat16, false},
                          {"_m24.npy", 24, files::StorageType::float32, false}};
    int checked = 0;
    for (const auto& one : cases) {
        INFO(one.suffix);
        auto config = config_of(k_features, folder / one.suffix, one.suffix);
        config.shard_size = 4;
        run::Job job(world());
        CHECK(score::import_features(job, config) == 0);
        if (world().rank() == 0) check_folder(config.out, one, 4);
        world().barrier();
        ++checked;
    }
    CHECK(checked == 3);
}

TEST_CASE("an import goes on where it was left, and not with other files", "[mpi]") {
    const RunFolder folder("import_again");
    const auto config = config_of(k_features, folder / "out", "_m1.npy");
    run::Job job(world());
    REQUIRE(score::import_features(job, config) == 0);
    const auto part = folder / "out/part-000001.h5", kept = folder / "out/part-000002.h5";
    if (world().rank() == 0) fs::remove(part);
    const auto time = fs::last_write_time(kept);
    world().barrier();
    REQUIRE(score::import_features(job, config) == 0);
    CHECK(fs::exists(part));
    CHECK(fs::last_write_time(kept) == time);
    CHECK(refusal(config_of(k_features, folder / "out", "_m2.npy")).find("import.files_sha256: was") !=
          std::string::npos);
}

TEST_CASE("the first file that differs is named, whichever rank sees it", "[mpi]") {
    const RunFolder folder("import_bad");
    if (world().rank() == 0) {
        fs::create_directories(folder / "in/cat");
        for (const char* name : {"a", "b", "c", "d", "e", "f"})
            fs::copy_file(k_features + "/cat/2002_000000_m1.npy",
                          folder / ("in/cat/" + std::string(name) + ".npy"));
        for (const char* name : {"c", "d", "f"})
            fs::copy_file(k_features + "/cat/2002_000000_m24.npy",
                          folder / ("in/cat/" + std::string(name) + ".npy"),
                          fs::copy_options::overwrite_existing);
    }
    world().barrier();
    const auto said = refusal(config_of((folder / "in").string(), folder / "out", ""));
    INFO(said);
    CHECK(said.find("cat/c.npy holds float32 [1, 48, 24, 24], but ") != std::string::npos);
    CHECK(said.find("cat/a.npy holds float32 [1, 48, 16, 16]") != std::string::npos);
    CHECK(!fs::exists(folder / "out"));
}
