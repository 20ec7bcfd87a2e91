// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include <lvr/files/atomic_file.hpp>
#include <lvr/files/features.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/shard_manifest.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;
using files::FeaturePart;
using files::StorageType;

namespace {

constexpr std::int64_t k_tokens = 3, k_channels = 2;

/// The message of the Error (input) that `run` throws; empty if it throws none.
/// @return the exit status of a process of its own that does this; -1 if a signal ended it
int in_child(const std::function<void()>& run) {
    const pid_t child = fork();
    if (child == 0) {
        const int silent = open("/dev/null", O_WRONLY);
        dup2(silent, STDERR_FILENO);
        run();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Values that all three types hold exactly: 0.5, 1, 1.5, ... from `first` on; a NaN in the end.
std::vector<float> numbers(std::int64_t images, float first) {
    std::vector<float> values(static_cast<std::size_t>(images * k_tokens * k_channels));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = first + 0.5F * static_cast<float>(i);
    values.back() = std::numeric_limits<float>::quiet_NaN();
    return values;
}

/// For the small numbers above: exact.
std::uint16_t half_of(float value) {
    if (std::isnan(value)) return 0x7e00;
    if (value == 0) return 0;
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>(((bits >> 16) & 0x8000U) | ((((bits >> 23) & 0xffU) - 112U) << 10) |
                                      ((bits >> 13) & 0x3ffU));
}

std::vector<std::byte> stored(const std::vector<float>& values, StorageType type) {
    std::vector<std::byte> bytes(values.size() * files::bytes_per_value(type));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint16_t half =
            type == StorageType::float16
                ? half_of(values[i])
                : static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(values[i]) >> 16);
        if (type == StorageType::float32)
            std::memcpy(&bytes[i * 4], &values[i], 4);
        else
            std::memcpy(&bytes[i * 2], &half, 2);
    }
    return bytes;
}

struct Made {
    std::vector<std::byte> values, flipped;
    FeaturePart part;
};

/// `images` of them, the first with number `first`; the last one is damaged.
std::unique_ptr<Made> make(StorageType type, std::int64_t images, std::int64_t first = 0, int deflate = 0) {
    auto made = std::make_unique<Made>();
    made->values = stored(numbers(images, static_cast<float>(first)), type);
    made->flipped = stored(numbers(images, -static_cast<float>(first) - 100), type);
    FeaturePart& part = made->part;
    part.type = type;
    part.images = images;
    part.tokens = k_tokens;
    part.channels = k_channels;
    part.values = made->values;
    part.deflate = deflate;
    part.provenance = {{"seed", 7}, {"config", {{"tap", -2}}}};
    for (std::int64_t i = 0; i < images; ++i) {
        const bool good = i + 1 < images;
        part.image_ids.push_back("photos/é" + std::to_string(first + i) + ".jpg");
        part.status.push_back(
            static_cast<std::int8_t>(good ? files::ImageStatus::ok : files::ImageStatus::damaged));
        part.reasons.push_back(good ? "" : "truncated at byte 17");
    }
    return made;
}

void check_same(const std::vector<float>& got, const std::vector<float>& expected) {
    REQUIRE(got.size() == expected.size());
    REQUIRE(!got.empty());
    int different = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
        different += got[i] == expected[i] || (std::isnan(got[i]) && std::isnan(expected[i])) ? 0 : 1;
    CHECK(different == 0);
}

/// A folder of 3 + 3 + 1 images.
void make_folder_of_parts(const fs::path& folder, StorageType type, bool flip) {
    files::make_folder(folder);
    files::write_manifest(folder, {{{"a", 1}}, 7, 3});
    int written = 0;
    for (std::int64_t shard = 0; shard < 3; ++shard) {
        const auto made = make(type, shard == 2 ? 1 : 3, shard * 3);
        if (flip) made->part.flipped = made->flipped;
        files::write_feature_part(folder / files::part_name(shard), made->part);
        ++written;
    }
    REQUIRE(written == 3);
}

}  // namespace

TEST_CASE("a feature part comes back as it was written", "[features]") {
    const Folder folder("features");
    int seen = 0;
    for (const StorageType type : {StorageType::float16, StorageType::bfloat16, StorageType::float32}) {
        for (const int deflate : {0, 1, 9}) {
            const auto made = make(type, 4, 0, deflate);
            made->part.flipped = made->flipped;
            files::write_feature_part(folder / "a.h5", made->part);
            files::write_feature_part(folder / "b.h5", made->part);
            CHECK(core::read_text(folder / "a.h5") == core::read_text(folder / "b.h5"));
            const files::FeaturePartReader back(folder / "a.h5");
            CHECK((back.type() == type && back.images() == 4 && back.tokens() == 3 && back.channels() == 2));
            CHECK(back.image_ids() == made->part.image_ids);
            CHECK(back.status() == made->part.status);
            CHECK(back.reasons() == made->part.reasons);
            CHECK(back.provenance() == made->part.provenance);
            check_same(back.read(0, 4), numbers(4, 0));
            check_same(back.read_flipped(0, 4), numbers(4, -100));
            const auto all = numbers(4, 0);
            check_same(back.read(1, 2), {all.begin() + 6, all.begin() + 18});
            CHECK(back.read(4, 0).empty());
            CHECK_THROWS(back.read(3, 2));
            ++seen;
        }
    }
    CHECK(seen == 9);
    CHECK(files::H5File::open_objects() == 0);
}

TEST_CASE("every float16 and bfloat16 comes back as the number it is", "[features]") {
    const Folder folder("features");
    std::vector<std::uint16_t> all(65536);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
    FeaturePart part;
    part.images = 1;
    part.tokens = 256;
    part.channels = 256;
    part.values = std::as_bytes(std::span(all));
    part.image_ids = {"x"};
    part.status = {0};
    part.reasons = {""};
    files::write_feature_part(folder / "half.h5", part);
    const auto halves = files::FeaturePartReader(folder / "half.h5").read(0, 1);
    const auto by_hdf5 = files::H5File::open(folder / "half.h5").doubles("tokens");  // HDF5's own conversion
    REQUIRE(halves.size() == by_hdf5.size());
    int different = 0;
    for (std::size_t i = 0; i < halves.size(); ++i)
        different += halves[i] == by_hdf5[i] || (std::isnan(halves[i]) && std::isnan(by_hdf5[i])) ? 0 : 1;
    CHECK(different == 0);
    CHECK((halves[1] == 0x1p-24F && halves[0x7bff] == 65504 && std::isinf(halves[0x7c00])));
    CHECK(std::signbit(halves[0x8000]));
    part.type = StorageType::bfloat16;
    files::write_feature_part(folder / "brain.h5", part);
    const auto brain = files::FeaturePartReader(folder / "brain.h5").read(0, 1);
    CHECK((brain[0x3f80] == 1 && brain[0xc000] == -2 && std::isnan(brain[0x7fc0])));
}

TEST_CASE("what is not a feature part is refused with its name", "[features]") {
    const Folder folder("features");
    const fs::path file = folder / "part-000000.h5";
    const auto open = [&] { return refusal([&] { files::FeaturePartReader reader(file); }); };
    CHECK_THAT(open(), Contains("part-000000.h5: no such file"));
    fs::create_directory(file);
    CHECK_THAT(open(), Contains("part-000000.h5: is not a file"));
    fs::remove(file);
    files::write_text(file, "");
    CHECK_THAT(open(), Contains("part-000000.h5: is not an HDF5 file"));
    files::H5File::write(file, [](const files::H5Group& root) { root.write_scalar("x", 1.0); });
    CHECK_THAT(open(), Contains("part-000000.h5: has no schema"));
    const auto made = make(StorageType::float32, 4);
    files::write_feature_part(file, made->part);
    CHECK(open().empty());
    CHECK_THAT(refusal([&] { files::FeaturePartReader(file).read_flipped(0, 1); }),
               Contains("no features of mirrored images"));
    const std::string whole = core::read_text(file);
    int refused = 0;
    for (std::size_t size = 1; size < whole.size(); size += 97) {
        files::write_text(file, whole.substr(0, size));
        CHECK_THAT(open(), Contains("part-000000.h5"));
        ++refused;
    }
    CHECK(refused > 20);
}

TEST_CASE("a feature part of wrong shapes or types is refused", "[features]") {
    const Folder folder("features");
    const fs::path file = folder / "p.h5";
    const std::vector<float> values(12, 1.0F);
    struct Wrong {
        std::string dtype, says;
        std::vector<std::uint64_t> shape;
        std::size_t ids = 2;
        std::int8_t status = 0;
    };
    const std::vector<Wrong> cases = {{"float16", "is not stored as its dtype says", {2, 3, 2}},
                                      {"int4", "dtype int4 is unknown", {2, 3, 2}},
                                      {"float32", "is not of shape", {2, 6}},
                                      {"float32", "differ in length", {2, 3, 2}, 3},
                                      {"float32", "status: 9 has no meaning", {2, 3, 2}, 2, 9},
                                      {"float32", "", {2, 3, 2}}};
    for (const auto& wrong : cases) {
        files::H5File::write(file, [&](const files::H5Group& root) {
            root.write_attribute("schema", std::string("lvr.features"));
            root.write_attribute("version", std::int64_t{1});
            root.write("tokens", files::H5Array{files::H5Number::float32, wrong.shape,
                                                std::as_bytes(std::span(values))});
            root.write_attribute_of("tokens", "dtype", wrong.dtype);
            root.write("image_id", std::vector<std::string>(wrong.ids, "x"));
            root.write("reason", std::vector<std::string>(2, ""));
            const std::vector<std::int8_t> status(2, wrong.status);
            root.write("status",
                       files::H5Array{files::H5Number::int8, {2}, std::as_bytes(std::span(status))});
        });
        const std::string said = refusal([&] { files::FeaturePartReader reader(file); });
        if (wrong.says.empty())
            CHECK(said.empty());
        else
            CHECK_THAT(said, Contains(wrong.says) && Contains("p.h5") && Contains("remedy:"));
    }
}

TEST_CASE("damaged bytes in a feature part are refused or read, never a crash", "[features]") {
    const Folder folder("features");
    const fs::path file = folder / "p.h5";
    const auto made = make(StorageType::float16, 4, 0, 4);
    files::write_feature_part(file, made->part);
    const std::string whole = core::read_text(file);
    int tried = 0;
    for (std::size_t at = 0; at < whole.size(); at += 11, ++tried) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
        files::write_text(file, bytes);
        const int status = in_child([&] {
            try {
                const files::FeaturePartReader reader(file);
                reader.read(0, reader.images());
            } catch (const core::Error&) {
            }
        });
        CHECK((status == 0 || status == 3));  // 3: HDF5 itself crashed, and the message says so
    }
    CHECK(tried > 100);
}

TEST_CASE("a feature folder reads through its parts", "[features]") {
    const Folder folder("features");
    make_folder_of_parts(folder.path(), StorageType::float16, true);
    files::FeatureFolder features(folder.path());
    CHECK((features.images() == 7 && features.tokens() == 3 && features.channels() == 2));
    CHECK((features.type() == StorageType::float16 && features.has_flipped()));
    REQUIRE(features.image_ids().size() == 7);
    CHECK(features.image_ids()[5] == "photos/é5.jpg");
    CHECK(features.status()[2] == static_cast<int>(files::ImageStatus::damaged));
    CHECK(features.reasons()[6] == "truncated at byte 17");
    const auto second = numbers(3, 3);
    check_same(features.read(4), {second.begin() + 6, second.begin() + 12});
    check_same(features.read(6), numbers(1, 6));
    check_same(features.read_flipped(6), numbers(1, -106));
    fs::remove(folder / "part-000001.h5");
    files::FeatureFolder rest(folder.path());
    check_same(rest.read(6), numbers(1, 6));
    CHECK_THAT(refusal([&] { rest.read(4); }), Contains("part-000001.h5: is missing"));
    CHECK_THAT(refusal([&] { rest.image_ids(); }), Contains("part-000001.h5: is missing"));
    CHECK_THAT(refusal([&] { files::write_feature_index(folder.path()); }),
               Contains("part-000001.h5: is missing"));
    CHECK(!fs::exists(folder / "index.h5"));
    files::write_feature_part(folder / "part-000001.h5", make(StorageType::float16, 2, 3)->part);
    CHECK_THAT(refusal([&] { rest.read(4); }), Contains("part-000001.h5: holds 2 images, not 3"));
    files::write_feature_part(folder / "part-000001.h5", make(StorageType::float32, 3, 3)->part);
    CHECK_THAT(refusal([&] { rest.read(4); }), Contains("part-000001.h5: has other tokens"));
}

TEST_CASE("the index of a feature folder is the same bytes at every making", "[features]") {
    const Folder folder("features");
    make_folder_of_parts(folder.path(), StorageType::bfloat16, false);
    files::write_feature_index(folder.path());
    const std::string first = core::read_text(folder / "index.h5");
    files::write_feature_index(folder.path());
    CHECK(core::read_text(folder / "index.h5") == first);
    fs::copy(folder.path(), folder / "moved");
    files::write_feature_index(folder / "moved");
    CHECK(core::read_text(folder / "moved" / "index.h5") == first);
    CHECK_THAT(refusal([&] { files::FeaturePartReader reader(folder / "index.h5"); }),
               Contains("is a lvr.features.index file"));
}

TEST_CASE("a large part needs the memory of one file image and no more", "[features]") {
    const Folder folder("features");
    constexpr std::int64_t mebibyte = 1 << 20, images = 64;
#ifdef __SANITIZE_ADDRESS__
    constexpr std::int64_t most_above = 256;  // it keeps what was freed
#else
    constexpr std::int64_t most_above = 24;
#endif
    const std::vector<float> values(static_cast<std::size_t>(images * mebibyte / 4), 1.5F);
    const auto grown = [&](auto use) {  // MiB, the peak of a child above what it started with
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        const int status = in_child([&] {
            rusage before{}, after{};
            getrusage(RUSAGE_SELF, &before);
            use();
            getrusage(RUSAGE_SELF, &after);
            const long kilobytes = after.ru_maxrss - before.ru_maxrss;
            if (write(ends[1], &kilobytes, sizeof kilobytes) != sizeof kilobytes) _exit(1);
        });
        CHECK(status == 0);
        long kilobytes = -1;
        REQUIRE(read(ends[0], &kilobytes, sizeof kilobytes) == sizeof kilobytes);
        close(ends[0]);
        close(ends[1]);
        return kilobytes / 1024;
    };
    for (const int deflate : {0, 1}) {
        FeaturePart part;
        part.type = StorageType::float32;
        part.images = images;
        part.tokens = 512;
        part.channels = mebibyte / 4 / 512;
        part.values = std::as_bytes(std::span(values));
        part.image_ids.assign(images, "x");
        part.status.assign(images, 0);
        part.reasons.assign(images, "");
        part.deflate = deflate;
        const auto writing = grown([&] { files::write_feature_part(folder / "p.h5", part); });
        CHECK(writing >= (deflate > 0 ? 0 : images - 1));
        CHECK(writing <= (deflate > 0 ? 0 : images) + most_above);
        CHECK(grown([&] { files::FeaturePartReader(folder / "p.h5").read(5, 1); }) <= most_above);
    }
}

TEST_CASE("Writes feature folders into the working directory, for programs of others",
          "[.features_samples]") {
    make_folder_of_parts("half", StorageType::float16, true);
    make_folder_of_parts("brain", StorageType::bfloat16, false);
    make_folder_of_parts("single", StorageType::float32, false);
    for (const char* folder : {"half", "brain", "single"}) files::write_feature_index(folder);
    files::write_feature_part("deflated.h5", make(StorageType::float16, 3, 0, 4)->part);
}
