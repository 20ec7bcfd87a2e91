// SPDX-License-Identifier: Apache-2.0
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/json_tree.hpp>
#include <lvr/files/provenance.hpp>

#include "files_fixture.hpp"

using namespace lvr;
using namespace lvr::test;
using Catch::Contains;
using core::Json;
using files::H5File;

namespace {

Json back(const Json& tree) {
    const Folder folder("tree");
    files::write_tree(folder / "a.h5", tree, {{"seed", 1}});
    return files::read_tree(folder / "a.h5");
}

}  // namespace

TEST_CASE("A JSON tree comes back equal, in order") {
    const Json tree =
        Json::parse(R"({"z": {"b": 1, "a": 2.5, "c": true, "d": false, "e": null, "f": "true", "g": ""},
        "numbers": [1, null, -2.5], "matrix": [[1, 2], [null, 4]], "ragged": [[1, 2], [3]], "nulls": [null, null],
        "texts": ["x", "", "é"], "plan": [{"representation": "a", "gain": null, "interval": [1, 2]}, {}, "t", 3, [true]],
        "empty": [], "nothing": {}, "whole": 9007199254740993, "wholes": [9007199254740993, 1], "rows_of_none": [[], []],
        "a/b": {"..": 1, ".": 2, "%2F": 3, "": 4, "x%": 5, "tab\t": 6, "é": 7}, "provenance": {"seed": 2}, "list": 1})");
    CHECK(back(tree) == tree);
    CHECK(back(tree).dump() == [&] {  // numbers in lists come back as doubles, all else to the letter
        Json doubles = tree;
        doubles["numbers"] = {1.0, nullptr, -2.5};
        doubles["matrix"] = Json::parse("[[1.0, 2.0], [null, 4.0]]");
        doubles["ragged"] = Json::parse("[[1.0, 2.0], [3.0]]");
        doubles["plan"][0]["interval"] = Json::parse("[1.0, 2.0]");
        return doubles.dump();
    }());
}

TEST_CASE("A JSON tree: long lists and deep ones") {
    Json tree;
    for (int i = 0; i < 2000; ++i) tree["list"].push_back({{"i", i}});
    Json* deepest = &tree["deep"];
    for (int i = 0; i < 50; ++i) deepest = &(*deepest)["in"];
    *deepest = "end";
    CHECK(back(tree) == tree);
}

TEST_CASE("A JSON tree has datasets where h5py would look for them, and provenance as attributes") {
    const Folder folder("tree_h5");
    files::write_tree(folder / "a.h5", {{"fits", {{"r2", 0.5}, {"curve", {1, 2}}}}},
                      {{"commit", "c"}, {"seed", 3}});
    const auto root = H5File::open(folder / "a.h5");
    CHECK(root.doubles("fits/r2") == std::vector<double>{0.5});
    CHECK(root.doubles("fits/curve") == std::vector<double>{1, 2});
    CHECK(root.text_attribute("commit") == "c");
    CHECK(files::read_provenance(root) == Json{{"commit", "c"}, {"seed", 3}});
}

TEST_CASE("Equal trees are equal bytes") {
    const Folder folder("tree_bytes");
    const Json tree = {{"a", {{"b", {1, 2}}, {"c", "x"}}}, {"l", {{{"k", 1}}, "t"}}};
    files::write_tree(folder / "a.h5", tree, nullptr);
    files::write_tree(folder / "b.h5", tree, nullptr);
    CHECK(core::read_text(folder / "a.h5") == core::read_text(folder / "b.h5"));
    CHECK(H5File::open_objects() == 0);
}

TEST_CASE("A tree that cannot be written is an output error") {
    CHECK_THAT(output_message([] { back({{"x", std::string("a\0b", 3)}}); }), Contains("NUL"));
    CHECK_THAT(output_message([] { back({{"x", {"\xff"}}}); }), Contains("UTF-8"));
}
