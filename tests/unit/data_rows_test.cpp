// SPDX-License-Identifier: Apache-2.0
// Rows of tests/golden/benchmarks (tests/reference/benchmark_miniatures.py) and
// tests/golden/parquet/questions.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
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
using Columns = std::vector<ColumnSpec>;

namespace {

const fs::path k_golden = fs::path(LVR_SOURCE_DIR) / "tests/golden";
const fs::path k_sets = k_golden / "benchmarks/parquet";
const fs::path k_questions = k_golden / "parquet/questions";

bool without_arrow() {
    if (reads_parquet()) return false;
    CHECK_THROWS_WITH(Rows({k_sets / "MME", "data/test-*.parquet", {}, ""}),
                      Catch::Contains("LVR_ARROW_DIR"));
    return true;
}

Rows mme(const fs::path& folder) {
    return Rows({folder,
                 "data/test-*.parquet",
                 {{"question_id", Kind::text},
                  {"image", Kind::picture},
                  {"question", Kind::text},
                  {"answer", Kind::text},
                  {"category", Kind::text}},
                 ""});
}

Rows seed(const fs::path& folder) {
    return Rows({folder,
                 "data/test-*.parquet",
                 {{"question_id", Kind::text},
                  {"question", Kind::text},
                  {"image", Kind::pictures},
                  {"question_type_id", Kind::integer, true}},
                 ""});
}

std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

ImageError::Reason reason_of(const Rows& rows, std::int64_t row, const std::string& column,
                             std::int64_t position = 0) {
    try {
        rows.picture(row, column, position);
    } catch (const ImageError& error) {
        return error.reason();
    }
    FAIL("picture " << position << " of row " << row << " was read");
    return ImageError::Reason::empty;
}

Rows types(const Columns& columns) { return Rows({k_questions / "types.parquet", "", columns, ""}); }

core::Json column_of(const Rows& rows, const std::string& name) {
    core::Json values = core::Json::array();
    for (std::int64_t row = 0; row < rows.size(); ++row) values.push_back(rows.document(row).at(name));
    return values;
}

}  // namespace

TEST_CASE("rows of two shards in row groups, with pictures read on demand", "[data]") {
    if (without_arrow()) return;
    const Rows rows = mme(k_sets / "MME");
    REQUIRE(rows.size() == 34);
    CHECK(rows.document(0) == core::Json::parse(R"({"question_id": "existence/0000.png",
        "question": " Is there yes existence here? Please answer yes or no.", "answer": "Yes",
        "category": "existence"})"));
    CHECK(rows.name(0) == "data/test-00000-of-00002-5f3a9c0d1e2b4a68:0");
    CHECK(rows.name(21) == "data/test-00001-of-00002-5f3a9c0d1e2b4a68:0");
    int read = 0;
    for (std::int64_t row : {33, 0, 21, 20, 7, 6}) {
        CHECK(rows.pictures(row, "image") == 1);
        const Image image = decode_image(rows.picture(row, "image"), rows.name(row));
        CHECK(image.width * image.height > 0);
        ++read;
    }
    CHECK(read == 6);
    CHECK(rows.picture(0, "image") == rows.picture(1, "image"));
    CHECK(rows.picture(0, "image") != rows.picture(2, "image"));
    CHECK_THROWS_WITH(rows.picture(21, "image", 1),
                      Catch::Contains("data/test-00001-of-00002-5f3a9c0d1e2b4a68:0 image[1]"));
}

TEST_CASE("a list of JSON lines gives the documents and pictures of the parquet folder", "[data]") {
    if (without_arrow()) return;
    const Rows rows = seed(k_sets / "SEED-Bench"), listed = seed(k_golden / "benchmarks/jsonl/SEED-Bench");
    REQUIRE(rows.size() == 24);
    REQUIRE(listed.size() == rows.size());
    int frames = 0;
    for (std::int64_t row = 0; row < rows.size(); ++row) {
        CHECK(listed.document(row) == rows.document(row));
        REQUIRE(listed.pictures(row, "image") == rows.pictures(row, "image"));
        for (std::int64_t i = 0; i < rows.pictures(row, "image"); ++i, ++frames)
            CHECK(listed.picture(row, "image", i) == rows.picture(row, "image", i));
    }
    CHECK(frames == 18 + 6 * 3);
    CHECK(rows.document(3).at("data_id") == core::Json::parse(R"(["3_0", "3_1", "3_2"])"));
    CHECK(rows.document(3).at("question_type_id") == 10);
    CHECK(rows.document(0).at("segment").is_null());
    CHECK(listed.name(3) == "questions:3");
    CHECK(listed.hash() != rows.hash());
}

TEST_CASE("every type that writers have for texts, numbers and lists", "[data]") {
    if (without_arrow()) return;
    const auto values = [](const std::string& name, Kind kind) {
        return column_of(types({{name, kind, true}}), name).dump();
    };
    CHECK(values("text", Kind::text) == "[\"one\",\"zwei\",\"\",\"\u00e9\u4e2d\U0001f600\"]");
    CHECK(values("large", Kind::text) == R"(["one","zwei","",null])");
    CHECK(values("dictionary", Kind::text) == R"(["one","zwei","",null])");
    CHECK(values("bytes", Kind::text) == R"(["a","b","",null])");
    CHECK(values("int8", Kind::integer) == "[-128,0,127,null]");
    CHECK(values("int8", Kind::text) == R"(["-128","0","127",null])");
    CHECK(values("digits", Kind::integer) == "[7,-12,0,4]");
    CHECK(values("digits", Kind::text) == R"(["7","-12","0","4"])");
    CHECK(values("whole", Kind::integer) == "[1,2,-3,null]");
    CHECK(values("nothing", Kind::text) == "[null,null,null,null]");
    CHECK(values("absent", Kind::integer) == "[null,null,null,null]");
    CHECK(values("texts", Kind::texts) == R"([["a","b"],[],null,[""]])");
    CHECK(values("large_texts", Kind::texts) == R"([["a"],["b","c"],null,[]])");
    CHECK(values("pairs", Kind::texts) == R"([["a","b"],["c","d"],null,["e","f"]])");
    CHECK(values("numbers", Kind::texts) == R"([["1","2"],[],null,["3"]])");
    const Rows rows = types({});
    CHECK(column_of(rows, "uint64").dump() == "[0,1,18446744073709551615,null]");
    CHECK(column_of(rows, "float").dump() == "[1.5,null,null,null]");
    CHECK(column_of(rows, "truth").dump() == "[true,false,null,true]");
    CHECK(column_of(rows, "numbers").dump() == "[[1,2],[],null,[3]]");
    int absent = 0;
    for (const char* name : {"bytes", "structs", "day", "pictures"})
        absent += !rows.document(0).contains(name);
    CHECK(absent == 4);
    const Rows items({k_questions / "item.parquet", "", {{"texts", Kind::texts}}, ""});
    CHECK(items.document(1).dump() == R"({"texts":["b","c"]})");
}

TEST_CASE("lists of pictures: bytes, paths, and cells without any", "[data]") {
    if (without_arrow()) return;
    const TemporaryTree tree;
    tree.write("images/two", "the second");
    fs::create_directory(tree.root() / "set");
    fs::copy_file(k_questions / "types.parquet", tree.root() / "set/types.parquet");
    const Rows rows({tree.root() / "set", "*.parquet", {{"pictures", Kind::picture}}, ""});
    CHECK(rows.pictures(0, "pictures") == 2);
    CHECK(text_of(rows.picture(0, "pictures", 0)) == "one");
    CHECK(text_of(rows.picture(0, "pictures", 1)) == "the second");
    CHECK(rows.pictures(1, "pictures") == 0);
    CHECK(rows.pictures(2, "pictures") == 0);
    CHECK(rows.pictures(3, "pictures") == 2);
    CHECK(reason_of(rows, 2, "pictures") == ImageError::Reason::missing);
    CHECK(reason_of(rows, 3, "pictures") == ImageError::Reason::missing);
    CHECK(rows.picture(3, "pictures", 1).empty());
    CHECK(reason_of(rows, 0, "pictures", -1) == ImageError::Reason::missing);
    const Rows elsewhere(
        {tree.root() / "set/types.parquet", "", {{"pictures", Kind::pictures}}, tree.root().string()});
    CHECK(reason_of(elsewhere, 0, "pictures", 1) == ImageError::Reason::missing);
    CHECK_THROWS_WITH(Rows({tree.root() / "set", "*.parquet", {}, (tree.root() / "none").string()}),
                      Catch::Contains("none: no such folder"));
}

TEST_CASE("what a column lacks is said with the file, the row and the column", "[data]") {
    if (without_arrow()) return;
    const auto refused = [](const ColumnSpec& column, const std::string& why) {
        CHECK_THROWS_WITH(types({column}), Catch::Contains("types.parquet") && Catch::Contains(why));
    };
    refused({"colour", Kind::text}, "there is no column 'colour'");
    refused({"colour", Kind::text}, "this one has text, large, dictionary, bytes");
    refused({"colour", Kind::picture}, "there is no column 'colour'");
    refused({"large", Kind::text}, "row 3: 'large' is null where a text is needed");
    refused({"text", Kind::integer}, "row 0: 'text' is the text \"one\" where a whole number is needed");
    refused({"float", Kind::integer, true}, "row 0: 'float' is 1.5 where a whole number is needed");
    refused({"float", Kind::text, true}, "is 1.5 where a text is needed");
    refused({"uint64", Kind::integer, true}, "row 2: 'uint64' is 18446744073709551615");
    refused({"text", Kind::texts}, "where a list of texts is needed");
    refused({"texts", Kind::text}, "is a list where a text is needed");
    refused({"structs", Kind::text, true}, "column 'structs' holds no texts or numbers: its type is struct");
    refused({"text", Kind::picture}, "column 'text' holds no pictures: its type is string");
    CHECK_THROWS_WITH(Rows({k_questions / "not_utf8.parquet", "", {{"text", Kind::text}}, ""}),
                      Catch::Contains("row 1: 'text' is not UTF-8"));
    CHECK_THROWS_WITH(Rows({k_golden / "parquet/no_rows.parquet", "", {}, ""}),
                      Catch::Contains("holds no rows"));
}

TEST_CASE("the hash knows rows from others, not where they are", "[data]") {
    if (without_arrow()) return;
    const TemporaryTree tree;
    fs::copy(k_sets / "MME", tree.root() / "moved", fs::copy_options::recursive);
    const Rows rows = mme(k_sets / "MME");
    CHECK(mme(tree.root() / "moved").hash() == rows.hash());
    CHECK(rows.hash().size() == 64);
    CHECK(Rows({k_sets / "MME", "data/test-*.parquet", {}, ""}).hash() != rows.hash());
    CHECK(mme(k_golden / "benchmarks/jsonl/MME").hash() != rows.hash());
    fs::copy(k_golden / "benchmarks/jsonl/MME", tree.root() / "list", fs::copy_options::recursive);
    const std::string before = mme(tree.root() / "list").hash();
    const auto picture = fs::directory_iterator(tree.root() / "list/images")->path();
    fs::resize_file(picture, fs::file_size(picture) - 1);
    CHECK(mme(tree.root() / "list").hash() != before);
}

TEST_CASE("threads read pictures of several columns", "[data]") {
    if (without_arrow()) return;
    Columns columns;
    for (int k = 1; k <= 7; ++k) columns.push_back({"image_" + std::to_string(k), Kind::picture, true});
    const Rows rows({k_sets / "MMMU", "data/validation-*.parquet", columns, ""});
    REQUIRE(rows.pictures(7, "image_2") == 1);
    const auto first = rows.picture(7, "image_1"), second = rows.picture(7, "image_2");
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&] {
                for (int i = 0; i < 50; ++i)
                    right += rows.picture(7, "image_1") == first && rows.picture(7, "image_2") == second &&
                             rows.pictures(7, "image_3") == 0 && rows.pictures(5, "image_1") == 0;
            });
        }
    }
    CHECK(right == 200);
}
