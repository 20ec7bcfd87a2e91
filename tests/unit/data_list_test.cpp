// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <catch2/catch.hpp>

#include <fstream>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/data/catalog.hpp>
#include <lvr/data/image.hpp>
#include <lvr/data/list_entries.hpp>

#include "refusal.hpp"
#include "source_tree.hpp"

using namespace lvr;
using namespace lvr::data;
using lvr::test::TemporaryTree;
using Names = std::vector<std::string>;

namespace {

/// The catalog of a list of that name and content, its pictures in the folder `pictures`.
Catalog listed(const std::string& name, const std::string& content) {
    const TemporaryTree tree;
    tree.write("pictures/a.jpg", "");
    tree.write(name, content);
    return read_catalog({(tree.root() / name).string(), (tree.root() / "pictures").string()});
}

std::string refusal(const std::string& name, const std::string& content) {
    return test::refusal([&] { listed(name, content); });
}

bool noted(const Catalog& catalog, const std::string& part) {
    for (const auto& note : catalog.notes)
        if (note.find(part) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE("a text list has one path per line", "[data]") {
    const Catalog catalog = listed("list.txt",
                                   "\xef\xbb\xbf"
                                   "b.jpg\r\n\r\n# not a comment.png\n  \t\n a b.jpg\nb.jpg\n/abs/c.jpg");
    CHECK(catalog.ids == Names{"b.jpg", "# not a comment.png", " a b.jpg", "/abs/c.jpg"});
    CHECK(noted(catalog, "1 mention of an image that was named before"));
}

TEST_CASE("a JSON list has paths, objects, or objects with several paths", "[data]") {
    const std::string entries[] = {
        R"("x.jpg")",
        R"({"id": "1", "image": "coco/a [1], {2}.jpg", "conversations": [{"value": "a \"quoted\" ] }"}]})",
        R"({"id": "text only", "conversations": []})",
        R"({"image": null})",
        R"({"image": ["b.jpg", "coco/a [1], {2}.jpg", "c\u00e9\\.jpg"]})",
        R"({"image": "x.jpg"})"};
    std::string array = " [", lines;
    for (const auto& entry : entries) {
        array += (array.size() > 2 ? "\n,\n" : "\n") + entry;
        lines += entry + "\r\n\n";
    }
    for (const auto& catalog : {listed("llava.json", array + "\n]\n"), listed("llava.jsonl", lines)}) {
        CHECK(catalog.ids == Names{"x.jpg", "coco/a [1], {2}.jpg", "b.jpg", "c\xc3\xa9\\.jpg"});
        CHECK(noted(catalog, "2 entries without `image`: text only"));
        CHECK(noted(catalog, "2 mentions"));
    }
}

TEST_CASE("the image of an entry is its own member, however it is written", "[data]") {
    const Catalog catalog = listed("l.json", R"([
        {"talk": [{"image": "not this"}], "image" :"1.jpg"}, {"im\u0061ge": "2.jpg"}, {"image": "no", "image": "3.jpg"},
        {"a": "\\", "b": "\\\"", "image": "4.jpg"}, {}, {"a": {"image": "no"}}, {"images": "no", "n": -1.5e3}])");
    CHECK(catalog.ids == Names{"1.jpg", "2.jpg", "3.jpg", "4.jpg"});
    CHECK(noted(catalog, "3 entries without `image`"));
}

TEST_CASE("paths start from the list's own folder unless another is named", "[data]") {
    const TemporaryTree tree;
    tree.write("lists/mine.txt", "sub/a.jpg\nmissing.jpg\n");
    tree.write("lists/sub/a.jpg", "near");
    tree.write("elsewhere/sub/a.jpg", "far");
    const std::string list = (tree.root() / "lists/mine.txt").string();
    const auto first = [](const Catalog& catalog) {
        const auto bytes = ImageReader(catalog).bytes(0);
        return std::string(bytes.begin(), bytes.end());
    };
    CHECK(first(read_catalog({list})) == "near");
    CHECK(first(read_catalog({list, (tree.root() / "elsewhere").string()})) == "far");
    CHECK_THROWS_WITH(read_catalog({list, "no/such/folder"}),
                      Catch::Contains("no/such/folder: no such folder"));
    const Catalog catalog = read_catalog({list});
    CHECK_THROWS_AS(ImageReader(catalog).bytes(1), ImageError);
}

TEST_CASE("a list that is wrong is refused by line and entry", "[data]") {
    using Catch::Contains;
    CHECK_THAT(refusal("l.json", "[\"a.jpg\",\n {\"image\": 3}]"),
               Contains("entry 2 (line 2) has a number where a path"));
    CHECK_THAT(refusal("l.json", "[\"a.jpg\",\n\n 7]"), Contains("entry 2 (line 3) is a number"));
    CHECK_THAT(refusal("l.json", R"([{"image": ["a.jpg", {"path": "b"}]}])"),
               Contains("has an object where a path"));
    CHECK_THAT(refusal("l.json", R"([{"image": ""}])"), Contains("entry 1 (line 1) has an empty path"));
    CHECK_THAT(refusal("l.json", R"(["a\u0000b.jpg"])"), Contains("NUL"));
    CHECK_THAT(refusal("l.json", "[\"" + std::string(5000, 'a') + "\"]"),
               Contains("longer than a path can be"));
    CHECK_THAT(refusal("l.json", R"(["a.jpg", {"image": b.jpg}])"),
               Contains("entry 2 (line 1): `image` is not JSON"));
    CHECK_THAT(refusal("l.json", "[\"a\xff.jpg\"]"), Contains("is not JSON"));
    for (const char* around : {"", "{\"image\": "}) {
        const std::string deep = std::string(3000, '[') + std::string(3000, ']') + (*around ? "}" : "");
        CHECK_THAT(refusal("l.json", "[" + (around + deep) + "]"),
                   Contains("nested more than 64 levels deep"));
    }
    for (const char* broken :
         {R"({"image" "a"})", R"({"image": "a",})", R"({"image": })", R"({,})", R"({image: "a"})",
          R"({"a": 1 "image": "b"})", R"({"image": "a"} 3)", R"({"a\q": 1})", R"({"a": tr ue})"})
        CHECK_THAT(refusal("l.json", "[" + std::string(broken) + "]"), Contains("is not JSON"));
    for (const char* cut : {"[\"a.jpg\", {\"image\": ", "[\"a.jpg\"", "[\"a.jp", "[\"a.jpg\",", "["})
        CHECK_THAT(refusal("l.json", cut), Contains("the file ends within the list"));
    for (const char* other : {"", "  ", "{\"images\": []}", "\"a.jpg\"", "[\"a.jpg\"] x", "[\"a.jpg\"]]"})
        CHECK_THAT(refusal("l.json", other), Contains("is not a JSON list"));
    CHECK_THAT(refusal("l.json", "[\"a.jpg\",]"), Contains("entry 2 (line 1) is empty"));
    for (const char* bracket : {"[\"a.jpg\"}]", "[{\"a\": [1]] }]"})
        CHECK_THAT(refusal("l.json", bracket), Contains("a bracket too many"));
    CHECK_THAT(refusal("l.jsonl", "{\"a\": [1]] }"), Contains("entry 1 (line 1) is not JSON"));
    CHECK_THAT(refusal("l.json", "[]"), Contains("holds no images"));
    CHECK_THAT(refusal("l.json", "[{\"id\": 1}]"), Contains("1 entry without `image`"));
    CHECK_THAT(refusal("l.jsonl", "\"a.jpg\"\n\n{\"image\": \"b.jpg\""),
               Contains("entry 3 (line 3) is not JSON"));
    CHECK_THAT(refusal("l.txt", "a.jpg\n" + std::string(5000, 'a')), Contains("entry 2 (line 2) is longer"));
    CHECK_THAT(refusal("l.txt", std::string("a\0b.jpg", 7)), Contains("NUL"));
    CHECK_THAT(refusal("l.txt", "\n \r\n"), Contains("holds no images"));
}

TEST_CASE("a long list is read in little memory, entries cut by pieces come out whole", "[data]") {
    const TemporaryTree tree;
    const std::string file = (tree.root() / "long.json").string();
    const std::string talk(1200, 't');
    constexpr int k_entries = 60'000;  // 75 MB
    {
        std::ofstream out(file);
        out << '[';
        for (int i = 0; i < k_entries; ++i)
            out << (i ? ",\n" : "\n") << R"({"image": ")" << i << R"(.jpg", "talk": ")" << talk << "\"}";
        out << ']';
    }
    struct rusage before {
    }, after{};
    getrusage(RUSAGE_SELF, &before);
    const Catalog catalog = read_catalog({file});
    getrusage(RUSAGE_SELF, &after);
    REQUIRE(catalog.size() == k_entries);
    CHECK(catalog.ids.front() == "0.jpg");
    CHECK(catalog.ids.back() == std::to_string(k_entries - 1) + ".jpg");
#ifndef __SANITIZE_ADDRESS__                                // which keeps what was freed
    CHECK(after.ru_maxrss - before.ru_maxrss < 40 * 1024);  // kB
#endif
}

TEST_CASE("an entry that never ends does not fill the memory", "[data]") {
    const TemporaryTree tree;
    const std::string file = (tree.root() / "endless.json").string();
    {
        std::ofstream out(file);
        out << "[\"";
        const std::string run(1 << 20, 'x');
        for (std::size_t i = 0; i <= k_longest_entry >> 20; ++i) out << run;
    }
    CHECK_THROWS_WITH(read_catalog({file}),
                      Catch::Contains("entry 1 (line 1) is longer than an entry can be"));
}
