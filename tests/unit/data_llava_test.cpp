// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <functional>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/data/list_entries.hpp>
#include <lvr/data/llava_list.hpp>
#include <lvr/data/white_space.hpp>

#include "refusal.hpp"
#include "source_tree.hpp"

using namespace lvr;
using namespace lvr::data;
using lvr::test::refusal;
using lvr::test::says;
using lvr::test::TemporaryTree;

namespace {

const std::string k_talk =
    R"({"id": "000 \u00e9", "image": "coco/a.jpg", "conversations": [{"from": "human", "value": "<image>\nWhat, [\"it\"] is?"},)"
    R"( {"from": "gpt", "value": "A } dog."}]})";
const std::string k_text =
    R"({"id": 17, "conversations": [{"from": "human", "value": "Hi\u00a0there you"}, {"from": "gpt", "value": "Hello."}]})";

std::string turn(const std::string& from, const std::string& value) {
    return fmt::format(R"({{"from": "{}", "value": "{}"}})", from, value);
}

/// A sample of these turns.
std::string talk(const std::string& turns, const std::string& image = "") {
    return fmt::format(R"({{"id": "x", {}"conversations": [{}]}})",
                       image.empty() ? "" : "\"image\": \"" + image + "\", ", turns);
}

/// The file of a list with this content.
struct Listed {
    Listed(const std::string& name, const std::string& content) : file((tree.root() / name).string()) {
        tree.write(name, content);
    }
    TemporaryTree tree;
    std::string file;
};

/// The faults of a sample, "unreadable" first.
std::string faults(const std::string& sample) {
    const Listed list("l.json", "[" + sample + "]");
    const auto index = index_llava(list.file);
    REQUIRE(index.size() == 1);
    std::string found;
    for (int fault = 0; fault < k_sample_faults; ++fault)
        if (index.has(0, static_cast<SampleFault>(fault))) found += std::to_string(fault);
    return found;
}

}  // namespace

TEST_CASE("samples of a LLaVA list are read when they are asked for", "[data]") {
    const std::string mark = "\xef\xbb\xbf";
    const Listed lists[] = {{"a.json", "[" + k_talk + "," + k_text + "]"},
                            {"b.json", mark + " [\n  " + k_talk + "\n ,\n\n" + k_text + " \n]\n\n"},
                            {"c.jsonl", mark + k_talk + "\r\n\n  \n" + k_text},
                            {"d.jsonl", k_talk + "\n" + k_text + "\n"}};
    for (const auto& one : lists) {
        const LlavaList list(index_llava(one.file));
        const auto& index = list.index();
        REQUIRE(index.size() == 2);
        CHECK(index.modality_lengths() == std::vector<std::int64_t>{7, -4});
        CHECK(index.fault_counts() == std::array<std::int64_t, k_sample_faults>{});
        const auto text = list.read(1), picture = list.read(0);
        CHECK(picture.image == "coco/a.jpg");
        CHECK(picture.name == one.file + ": sample 1 (id 000 \xc3\xa9)");
        REQUIRE(picture.turns.size() == 2);
        CHECK(picture.turns[0].from == "human");
        CHECK(picture.turns[0].value == "<image>\nWhat, [\"it\"] is?");
        CHECK(picture.turns[1].value == "A } dog.");
        CHECK(!text.has_image());
        CHECK(text.name == one.file + ": sample 2 (id 17)");
        CHECK(text.turns.at(0).value == "Hi\xc2\xa0there you");
    }
    CHECK(std::size(lists) == 4);
}

TEST_CASE("places in a list are right across the pieces that it is read in", "[data]") {
    std::string array = "[";
    for (int i = 0; i < 3000; ++i)
        array +=
            fmt::format("{}{}\n  {}", i == 0 ? "" : ",", std::string(static_cast<std::size_t>(i % 7), ' '),
                        talk(turn("human", "<image> " + std::string(static_cast<std::size_t>(i), 'a')) + "," +
                                 turn("gpt", std::to_string(i)),
                             "i.jpg"));
    const Listed one("long.json", array + "]");
    REQUIRE(array.size() > 4'000'000);
    const LlavaList list(index_llava(one.file));
    REQUIRE(list.index().size() == 3000);
    for (std::int64_t i = 0; i < 3000; ++i) REQUIRE(list.read(i).turns.at(1).value == std::to_string(i));
}

TEST_CASE("what is wrong with a sample is told apart", "[data]") {
    const std::string ask = turn("human", "What?"), see = turn("human", "<image> What?"),
                      answer = turn("gpt", "It.");
    CHECK(faults(talk(ask + "," + answer)).empty());
    CHECK(faults(talk(see + "," + answer, "a.jpg")).empty());
    CHECK(faults(talk(answer + "," + ask + "," + answer)).empty());
    CHECK(faults(talk(ask + "," + ask)) == "13");
    CHECK(faults(talk(turn("system", "You") + "," + ask + "," + answer)) == "1");
    CHECK(faults(talk(answer)) == "2");
    CHECK(faults(talk(answer + "," + answer)) == "12");
    CHECK(faults(talk(ask)) == "3");
    CHECK(faults(talk(ask + "," + turn("gpt", " \\u3000\\n"))) == "3");
    CHECK(faults(talk(see + "," + answer)) == "4");
    CHECK(faults(talk(ask + "," + answer, "a.jpg")) == "5");
    CHECK(faults(talk(ask + "," + turn("gpt", std::string(k_longest_talk, 'a')))) == "6");
    for (int fault = 0; fault < k_sample_faults; ++fault)
        CHECK(!described(static_cast<SampleFault>(fault)).empty());
}

TEST_CASE("an unreadable sample is named when it is read", "[data]") {
    const std::pair<std::string, std::string> cases[] = {
        {"17", "is no object"},
        {"\"a.jpg\"", "is no object"},
        {R"({"id": "x"})", "(id x) has no list of `conversations`"},
        {R"({"conversations": []})", "has no list"},
        {R"({"conversations": {"from": "human"}})", "has no list"},
        {R"({"conversations": [3]})", "a turn that is no object"},
        {R"({"conversations": [{"from": "human"}]})", "without `value`"},
        {R"({"conversations": [{"from": "human", "value": null}]})", "whose `value` is no text"},
        {R"({"conversations": [{"from": 3, "value": ""}]})", "whose `from` is no text"},
        {R"({"image": ["a.jpg"], "conversations": [{"from": "gpt", "value": ""}]})", "no path"},
        {R"({"image": "", "conversations": [{"from": "gpt", "value": ""}]})", "cannot be a path"},
        {R"({"image": "a\u0000b", "conversations": [{"from": "gpt", "value": ""}]})", "cannot be a path"},
        {R"({"id" "x"})", "is not JSON"},
        {R"({"conversations": [{"from": "gpt", "value": "\ud800"}]})", "is not JSON"},
        {"{\"conversations\": [{\"from\": \"gpt\", \"value\": \"\xff\"}]}", "is not JSON"},
        {std::string(1000, '[') + std::string(1000, ']'), "nested"}};
    int tried = 0;
    for (const auto& [entry, problem] : cases) {
        CAPTURE(entry);
        const Listed one("l.json", "[" + k_text + "," + entry + "," + k_text + "]");
        const LlavaList list(index_llava(one.file));
        REQUIRE(list.index().size() == 3);
        CHECK(list.index().fault_counts()[0] == 1);
        CHECK(list.index().words[1] == 0);
        const std::string why = refusal([&] { list.read(1); });
        CHECK(says(why, "l.json: sample 2"));
        CHECK(says(why, problem));
        CHECK(list.read(2).turns.size() == 2);
        ++tried;
    }
    CHECK(tried == 16);
}

TEST_CASE("an object of very many keys is refused before they are compared", "[data]") {
    std::string keys = "{\"id\": \"x\"";
    for (int i = 0; i < 300'000; ++i) keys += fmt::format(", \"{}\": 0", i);
    const Listed one("l.json", "[" + k_text + "," + keys + "}," + k_text + "]");
    const LlavaList list(index_llava(one.file));
    REQUIRE(list.index().size() == 3);
    CHECK(list.index().has(1, SampleFault::unreadable));
    CHECK(says(refusal([&] { list.read(1); }), "l.json: sample 2 has an object of more than 256 keys"));
    CHECK(list.read(2).turns.size() == 2);
}

TEST_CASE("a file that is no list, or changes, is refused", "[data]") {
    const auto index_of = [](const std::string& content) {
        const Listed one("l.json", content);
        return refusal([&] { index_llava(one.file); });
    };
    CHECK(says(index_of(""), "is not a JSON list"));
    CHECK(says(index_of("{\"a\": 1}"), "is not a JSON list"));
    CHECK(says(index_of("[" + k_text + "," + k_text.substr(0, 40)), "entry 2 (line 1) is cut off"));
    const auto cut = index_of("[" + k_text);
    CHECK(says(cut, "is cut off"));
    CHECK(!says(cut + index_of(""), "image"));  // a list of images is not what is wanted
    CHECK(says(refusal([] { index_llava("/nowhere/l.json"); }), "/nowhere/l.json"));
    const Listed one("l.json", "[" + k_talk + "," + k_text + "]");
    const auto index = index_llava(one.file);
    const LlavaList open(index);
    one.tree.write("l.json", "[" + k_talk + "]");
    CHECK(says(refusal([&] { LlavaList again(index); }), "not as long as"));
    CHECK(says(refusal([&] { open.read(1); }), "not as long as"));
    CHECK(LlavaList(index_llava(one.file)).index().size() == 1);
}

TEST_CASE("white space is Python's", "[data]") {
    CHECK(count_words("") == 0);
    CHECK(count_words(" \t\n") == 0);
    CHECK(count_words("a") == 1);
    CHECK(count_words(" a\x1c"
                      "b\xe3\x80\x80"
                      "c\xc2\x85\xe2\x80\x8b.\v") == 4);  // U+200B is none
    CHECK(strip("\xe2\x80\xa9 a b\xc2\xa0\x1f") == "a b");
    CHECK(strip(" \xe3\x80\x80 ").empty());
    CHECK(strip("\xc2\xa1") == "\xc2\xa1");
}
