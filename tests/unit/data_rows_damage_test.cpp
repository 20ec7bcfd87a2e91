// SPDX-License-Identifier: Apache-2.0
// Rows where users point elsewhere, and rows of damaged files.
#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/catalog.hpp>
#include <lvr/data/image.hpp>
#include <lvr/data/rows.hpp>

#include "source_tree.hpp"

using namespace lvr;
using namespace lvr::data;
using lvr::test::TemporaryTree;
namespace fs = std::filesystem;
using Kind = ColumnSpec::Kind;

namespace {

const fs::path k_sets = fs::path(LVR_SOURCE_DIR) / "tests/golden/benchmarks/parquet";
const std::vector<ColumnSpec> k_vqa = {
    {"question", Kind::text}, {"image", Kind::picture}, {"answers", Kind::texts}};
const std::string k_first = "validation-00000-of-00002.parquet",
                  k_second = "validation-00001-of-00002.parquet";

Rows textvqa(const fs::path& folder) { return Rows({folder, "data/validation-*.parquet", k_vqa, ""}); }

Rows listed(const TemporaryTree& tree, const std::string& text) {
    tree.write("questions.jsonl", text);
    return Rows({tree.root() / "questions.jsonl", "", k_vqa, ""});
}

/// Reads all there is. @return how many pictures could not be read
int read_all(const Rows& rows) {
    int bad = 0;
    for (std::int64_t row = 0; row < std::min<std::int64_t>(rows.size(), 40); ++row) {
        try {
            for (std::int64_t i = 0; i < std::min<std::int64_t>(rows.pictures(row, "image"), 5); ++i)
                rows.picture(row, "image", i);
        } catch (const ImageError&) {
            ++bad;
        }
    }
    return bad;
}

}  // namespace

TEST_CASE("a dataset is found wherever users point", "[data]") {
    if (!reads_parquet()) return;
    const std::string hash = textvqa(k_sets / "textvqa").hash();
    CHECK(textvqa(k_sets / "textvqa/data").size() == 24);
    CHECK(textvqa(k_sets / "textvqa/data" / k_first).size() == 16);
    const TemporaryTree hub;
    fs::create_directory(hub.root() / "snapshots");
    for (const char* revision : {"0ld", "abc"})
        fs::copy(k_sets / "textvqa", hub.root() / "snapshots" / revision, fs::copy_options::recursive);
    CHECK_THROWS_WITH(textvqa(hub.root()), Catch::Contains("holds no data/validation-*.parquet"));
    hub.write("refs/main", "abc\n");
    CHECK(textvqa(hub.root()).hash() == hash);
    fs::remove_all(hub.root() / "refs");
    fs::remove_all(hub.root() / "snapshots/0ld");
    CHECK(textvqa(hub.root()).hash() == hash);

    CHECK_THROWS_WITH(textvqa(k_sets / "MME"),
                      Catch::Contains("MME: holds no data/validation-*.parquet") &&
                          Catch::Contains("there is data/test-00000-of-00002-5f3a9c0d1e2b4a68.parquet"));
    CHECK_THROWS_WITH(textvqa(k_sets / "none"), Catch::Contains("none: no such file or folder"));
    CHECK_THROWS_WITH(textvqa(k_sets.parent_path() / "README.md"),
                      Catch::Contains("neither a .parquet file"));
    const Rows other({k_sets / "OK-VQA", "data/val2014-*.parquet", k_vqa, ""});
    CHECK(other.document(0).at("question_id") == "2971475");
}

TEST_CASE("shards that the names count must all be there, once", "[data]") {
    if (!reads_parquet()) return;
    const TemporaryTree tree;
    fs::copy(k_sets / "textvqa", tree.root(), fs::copy_options::recursive);
    const fs::path data = tree.root() / "data";
    fs::copy_file(data / k_first, data / "validation-00000-of-00002-5c.parquet");
    CHECK_THROWS_WITH(textvqa(tree.root()), Catch::Contains("shard 00000-of-00002 of data/validation") &&
                                                Catch::Contains("more than once"));
    fs::remove(data / "validation-00000-of-00002-5c.parquet");
    fs::copy_file(data / k_first, data / "validation-00000-of-00001.parquet");
    CHECK_THROWS_WITH(textvqa(tree.root()), Catch::Contains("is there in 1 shards and in 2"));
    fs::remove(data / "validation-00000-of-00001.parquet");
    fs::remove(data / k_first);
    CHECK_THROWS_WITH(textvqa(tree.root()),
                      Catch::Contains("shard 00000-of-00002 of data/validation is missing"));
}

TEST_CASE("bad lines are refused with their number", "[data]") {
    const TemporaryTree tree;
    const std::string good = R"({"question": "q", "image": "a.png", "answers": ["x"]})";
    const Rows rows =
        listed(tree, "\xef\xbb\xbf" + good + "\r\n\n" +
                         R"({"answers": [], "more": 3, "image": [{"path": "b"}, "c"], "question": ""})");
    REQUIRE(rows.size() == 2);
    CHECK(rows.document(1).dump() == R"({"question":"","answers":[],"more":3})");
    CHECK(rows.pictures(0, "image") == 1);
    CHECK(rows.pictures(1, "image") == 2);
    CHECK_THROWS_AS(rows.picture(0, "image"), ImageError);
    tree.write("a.png", "bytes");
    CHECK(rows.picture(0, "image").size() == 5);

    const auto refused = [&](const std::string& line, const std::string& why) {
        CHECK_THROWS_WITH(listed(tree, good + "\n" + line),
                          Catch::Contains("questions.jsonl: line 2") && Catch::Contains(why));
    };
    refused("[1]", "is no object");
    refused(R"({"question": "q")", "is not JSON");
    refused("{\"question\": \"\xff\"}", "is not JSON");
    refused(R"({"question": "q", "image": "a"})", "there is no column 'answers'");
    refused(R"({"image": "a", "answers": []})", "this one has image, answers");
    refused(R"({"question": "q", "image": "a", "answers": [], "question": "r"})", "has 'question' twice");
    refused(R"({"question": null, "image": "a", "answers": []})",
            "'question' is null where a text is needed");
    refused(R"({"question": "q", "image": 3, "answers": []})", "has no path in 'image'");
    refused(R"({"question": "q", "image": [""], "answers": []})", "has no path in 'image'");
    refused(R"({"question": "q", "image": "a\u0000b", "answers": []})", "has no path in 'image'");
    refused(R"({"question": "q", "image": "a", "answers": [["x"]]})", "where a list of texts is needed");
    refused("{" + std::string(100'000, '['), "line 2");
    CHECK_THROWS_WITH(listed(tree, ""), Catch::Contains("holds no rows"));
    CHECK(listed(tree, R"({"question": 5, "image": null, "answers": [1]})").document(0).dump() ==
          R"({"question":"5","answers":["1"]})");
    tree.write("list.json", "[" + good + ",\n" + good + "]");
    CHECK(Rows({tree.root() / "list.json", "", k_vqa, ""}).size() == 2);
}

TEST_CASE("damage in a column of texts stops, in a column of pictures it costs these", "[data]") {
    if (!reads_parquet()) return;
    const TemporaryTree tree;
    const fs::path source = k_sets / "VizWiz-VQA/data/val-00000-of-00001.parquet";
    const std::string whole = core::read_text(source.string());
    const auto damaged = [&](const std::string& where) {
        std::string bytes = whole;
        const std::size_t at = bytes.find(where);
        REQUIRE(at != std::string::npos);
        for (std::size_t i = 1; i <= 4; ++i) bytes[at - i] = '\xff';  // its length
        tree.write("x.parquet", bytes);
        return RowsSpec{tree.root() / "x.parquet", "", k_vqa, ""};
    };
    // A picture's first bytes, and a question, in the first row group.
    const Rows rows(damaged("\x89PNG"));
    CHECK(rows.size() == 25);
    CHECK(read_all(rows) == 10);
    CHECK_THROWS_WITH(rows.picture(0, "image"),
                      Catch::Contains("x:0 image") && Catch::Contains("row group 0"));
    CHECK_NOTHROW(rows.picture(10, "image"));
    CHECK_THROWS_WITH(Rows(damaged("nothing?")), Catch::Contains("x.parquet: row group 0"));
    for (const std::size_t length : {std::size_t{0}, std::size_t{4}, whole.size() / 2, whole.size() - 1}) {
        tree.write("x.parquet", whole.substr(0, length));
        CHECK_THROWS_WITH(Rows({tree.root() / "x.parquet", "", k_vqa, ""}),
                          Catch::Contains("x.parquet: cannot be read as parquet"));
    }
}

TEST_CASE("a damaged byte anywhere in a shard neither crashes nor hangs", "[data]") {
    if (!reads_parquet()) return;
    const TemporaryTree tree;
    int tried = 0, refused = 0, bad = 0;
    for (const char* name :
         {"SEED-Bench/data/test-00000-of-00001.parquet", "textvqa/data/validation-00001-of-00002.parquet"}) {
        const std::string whole = core::read_text((k_sets / name).string());
        for (std::size_t at = 0; at < whole.size(); at += at + 3000 < whole.size() ? 41 : 5) {
            std::string bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ (at % 2 == 0 ? 0x55 : 0x80));
            tree.write("x.parquet", bytes);
            ++tried;
            try {
                bad += read_all(Rows({tree.root() / "x.parquet",
                                      "",
                                      {{"question", Kind::text}, {"image", Kind::pictures}},
                                      ""}));
            } catch (const core::Error& error) {
                CHECK(error.kind() == core::ErrorKind::input);
                ++refused;
            }
        }
    }
    CHECK(tried > 500);
    CHECK(refused > 50);
    CHECK(bad > 10);
}
