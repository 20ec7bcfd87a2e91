// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/catalog.hpp>
#include <lvr/data/image.hpp>

#include "data_reading.hpp"
#include "source_tree.hpp"

using namespace lvr;
using namespace lvr::data;
using lvr::test::TemporaryTree;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;
using lvr::test::reason_of;
using lvr::test::text_of;
using Reason = ImageError::Reason;

namespace {

const std::string k_golden = std::string(LVR_SOURCE_DIR) + "/tests/golden";
const std::string k_data = k_golden + "/parquet/images";

std::string picture(const std::string& name) { return core::read_text(k_golden + "/images/" + name); }

/// Without Arrow there is one thing to test: that the message says how to get it.
bool without_arrow() {
    if (reads_parquet()) return false;
    try {
        read_catalog({k_data});
    } catch (const core::Error& error) {
        CHECK(error.kind() == core::ErrorKind::usage);
        CHECK_THAT(error.what(), Catch::Contains("LVR_ARROW_DIR"));
        return true;
    }
    FAIL("a build without Arrow made a catalog of parquet files");
    return true;
}

}  // namespace

TEST_CASE("a parquet dataset's images are named by file and row, and read from its cells", "[data]") {
    if (without_arrow()) return;
    const Catalog catalog = read_catalog({k_data});
    CHECK(catalog.kind == Catalog::Kind::parquet);
    REQUIRE(catalog.size() == 10);
    CHECK(catalog.ids[4] == "data/train-00000-of-00002:4");
    CHECK(catalog.ids[5] == "data/train-00001-of-00002:0");
    CHECK(catalog.rows == std::vector<std::int64_t>{0, 1, 2, 3, 4, 0, 1, 2, 3, 4});
    const ImageReader reader(catalog);
    const Names pictures = {"jpeg_420.jpg",  "png_rgba.png",   "webp_lossy.webp",
                            "jpeg_grey.jpg", "png_grey16.png", "jpeg_444.jpg"};
    for (const std::int64_t index : {5, 0, 4, 1, 3, 2, 0})
        CHECK(text_of(reader.bytes(index)) == picture(pictures[static_cast<std::size_t>(index)]));
    CHECK(reason_of(reader, 6) == Reason::missing);
    CHECK(reason_of(reader, 7) == Reason::missing);
    CHECK_THROWS_WITH(reader.bytes(7), Catch::Contains("data/train-00001-of-00002:2: has no bytes"));
    CHECK(text_of(reader.bytes(8)) == picture("png_rgb.png"));
    CHECK(reader.bytes(9).empty());
}

TEST_CASE("one parquet file with a binary column of another name", "[data]") {
    if (without_arrow()) return;
    const std::string file = k_golden + "/parquet/plain.parquet";
    const Catalog catalog = read_catalog({file, "", "picture"});
    CHECK(catalog.ids == Names{"plain:0", "plain:1"});
    const ImageReader reader(catalog);
    CHECK(text_of(reader.bytes(0)) == picture("jpeg_422.jpg"));
    CHECK(reason_of(reader, 1) == Reason::missing);
    CHECK_THROWS_WITH(read_catalog({file}),
                      Catch::Contains("column 'image' holds no images: there is no such column") &&
                          Catch::Contains("picture"));
    CHECK_THROWS_WITH(read_catalog({file, "", "caption"}), Catch::Contains("its type is string"));
    const Catalog lists = read_catalog({k_golden + "/parquet/lists.parquet"});  // each row's first picture
    CHECK(lists.ids == Names{"lists:0"});
    CHECK(text_of(ImageReader(lists).bytes(0)) == picture("jpeg_422.jpg"));
    CHECK_THROWS_WITH(read_catalog({k_golden + "/parquet/no_rows.parquet"}),
                      Catch::Contains("holds no images"));
}

TEST_CASE("the hash knows a parquet file from another of the same name and rows", "[data]") {
    if (without_arrow()) return;
    const TemporaryTree one, copy;
    const std::string first = "data/train-00000-of-00002.parquet",
                      second = "data/train-00001-of-00002.parquet";
    for (const TemporaryTree* tree : {&one, &copy})
        tree->write("x.parquet", core::read_text(k_data + "/" + first));
    const auto catalog = [](const TemporaryTree& tree) { return read_catalog({tree.root().string()}); };
    const Catalog before = catalog(one);
    CHECK(catalog(copy).hash == before.hash);
    copy.write("x.parquet", core::read_text(k_data + "/" + second));
    CHECK(catalog(copy).ids == before.ids);
    CHECK(catalog(copy).hash != before.hash);
}

TEST_CASE("threads share row groups", "[data]") {
    if (without_arrow()) return;
    const Catalog catalog = read_catalog({k_data});
    const ImageReader reader(catalog);
    const std::string expected[] = {picture("jpeg_420.jpg"),    picture("png_rgba.png"),
                                    picture("webp_lossy.webp"), picture("jpeg_grey.jpg"),
                                    picture("png_grey16.png"),  picture("jpeg_444.jpg")};
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&, thread] {
                for (int i = 0; i < 60; ++i) {
                    const int index = (i * 5 + thread) % 6;
                    right += text_of(reader.bytes(index)) == expected[index];
                }
            });
        }
    }
    CHECK(right == 240);
}

TEST_CASE("damaged parquet files are refused, damaged row groups cost their own images", "[data]") {
    if (without_arrow()) return;
    const TemporaryTree tree;
    const std::string whole = core::read_text(k_data + "/data/train-00000-of-00002.parquet");
    const std::string file = (tree.root() / "x.parquet").string();
    int refused = 0;
    for (const std::size_t length : {std::size_t{0}, std::size_t{4}, whole.size() / 2, whole.size() - 1}) {
        tree.write("x.parquet", whole.substr(0, length));
        CHECK_THROWS_WITH(read_catalog({file}), Catch::Contains("x.parquet: cannot be read as parquet"));
        ++refused;
    }
    CHECK(refused == 4);

    std::string scratched = whole;
    for (std::size_t i = 0; i < 40; ++i) scratched[300 + i] = 'x';  // within the first row group's images
    tree.write("x.parquet", scratched);
    const Catalog catalog = read_catalog({file});
    const ImageReader reader(catalog);
    CHECK(reason_of(reader, 0) == Reason::unreadable);
    CHECK(reason_of(reader, 1) == Reason::unreadable);
    CHECK(text_of(reader.bytes(2)) == picture("webp_lossy.webp"));
}

TEST_CASE("a damaged byte anywhere neither crashes nor hangs", "[data]") {
    if (without_arrow()) return;
    const TemporaryTree tree;
    const std::string whole = core::read_text(k_data + "/data/train-00000-of-00002.parquet");
    const std::string file = (tree.root() / "x.parquet").string();
    int tried = 0, refused = 0;
    for (std::size_t at = 0; at < whole.size(); at += at + 1500 < whole.size() ? 97 : 3) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        tree.write("x.parquet", damaged);
        ++tried;
        try {
            const Catalog catalog = read_catalog({file});
            const ImageReader reader(catalog);
            for (std::int64_t i = 0; i < std::min<std::int64_t>(catalog.size(), 10); ++i) {
                try {
                    reader.bytes(i);
                } catch (const ImageError&) {
                }
            }
        } catch (const core::Error& error) {
            CHECK(error.kind() == core::ErrorKind::input);
            ++refused;
        }
    }
    CHECK(tried > 100);
    CHECK(refused > 10);
}

TEST_CASE("a parquet file that is gone or another one stops the run", "[data]") {
    if (without_arrow()) return;
    const TemporaryTree tree;
    fs::copy(k_data, tree.root() / "set", fs::copy_options::recursive);
    const Catalog catalog = read_catalog({(tree.root() / "set").string()});
    const ImageReader reader(catalog);
    reader.bytes(0);
    fs::remove(tree.root() / "set/data/train-00001-of-00002.parquet");
    CHECK_THROWS_WITH(reader.bytes(5), Catch::Contains("train-00001-of-00002.parquet: no such file"));
    fs::copy_file(k_golden + "/parquet/no_rows.parquet",
                  tree.root() / "set/data/train-00001-of-00002.parquet");
    CHECK_THROWS_WITH(reader.bytes(5), Catch::Contains("has 0 rows, but row 0 is wanted"));
}
