// SPDX-License-Identifier: Apache-2.0
// What is refused: broken files, and what is not known here, named with the file and a remedy.
#include <catch2/catch.hpp>

#include <filesystem>
#include <functional>
#include <random>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/tokenizer.hpp>

#include "refusal.hpp"
#include "source_tree.hpp"

using namespace lvr;
using namespace lvr::data;
using lvr::core::Json;
using lvr::test::refusal;
using lvr::test::says;
using lvr::test::TemporaryTree;
namespace fs = std::filesystem;

namespace {

const fs::path k_small = fs::path(LVR_SOURCE_DIR) / "tests/golden/tokenizers";

std::string opening(const fs::path& folder) {
    return refusal([&] { open_tokenizer(folder); });
}

/// A byte-level BPE of three letters and two merges.
Json tiny() {
    return Json::parse(R"({"version":"1.0","truncation":null,"padding":null,
        "added_tokens":[{"id":5,"content":"<e>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
        "normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
        "post_processor":null,"decoder":{"type":"ByteLevel"},
        "model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"ab":3,"abc":4},"merges":["a b",["ab","c"]]}})");
}

/// What is said of the tiny tokenizer after a change.
std::string after(const std::function<void(Json&)>& change, const std::string& config = "{}") {
    Json json = tiny();
    change(json);
    const TemporaryTree tree;
    tree.write("tokenizer.json", json.dump());
    tree.write("tokenizer_config.json", config);
    return opening(tree.root());
}

std::string with_config(const std::string& config) {
    return after([](Json&) {}, config);
}

/// The same for a small LLaMA tokenizer.
std::string llama_with(const std::string& config, const std::string& added = "{}") {
    const TemporaryTree tree;
    tree.write("tokenizer.model", core::read_text(k_small / "llama/tokenizer.model"));
    tree.write("tokenizer_config.json", config);
    tree.write("added_tokens.json", added);
    return opening(tree.root());
}

}  // namespace

TEST_CASE("a small tokenizer.json is read; merges as texts and as pairs") {
    const TemporaryTree tree;
    tree.write("tokenizer.json", tiny().dump());
    const auto tokenizer = open_tokenizer(tree.root());
    CHECK(tokenizer->encode("abcab<e>c", true) == std::vector<std::int64_t>{4, 3, 5, 2});
    CHECK(tokenizer->vocabulary() == 6);
    CHECK_FALSE(tokenizer->bos);
    const std::vector<std::int64_t> ids{4, 5, 1};
    CHECK(tokenizer->decode(ids, false) == "abc<e>b");
    CHECK(tokenizer->decode(ids, true) == "abcb");
}

TEST_CASE("missing and broken files are named") {
    CHECK(says(opening("/nowhere/at/all"), "there is no tokenizer in '/nowhere/at/all'"));
    const std::string whole = tiny().dump();
    std::size_t cuts = 0;
    for (std::size_t length = 0; length < whole.size(); length += 7, ++cuts) {
        const TemporaryTree tree;
        tree.write("tokenizer.json", whole.substr(0, length));
        const auto message = opening(tree.root());
        CHECK(says(message, "tokenizer.json: is not JSON"));
        CHECK(says(message, "restore"));
    }
    CHECK(cuts > 50);
    const TemporaryTree tree;
    tree.write("tokenizer.json", "[]");
    CHECK(says(opening(tree.root()), "is no JSON object"));
    tree.write("tokenizer.json", std::string(5000, '['));
    CHECK(says(opening(tree.root()), "nested too deeply"));
}

TEST_CASE("a SentencePiece model that is cut off or is none is named") {
    const auto whole = core::read_text(k_small / "llama/tokenizer.model");
    std::size_t cuts = 0;
    for (std::size_t length = 0; length < whole.size(); length += 97, ++cuts) {
        const TemporaryTree tree;
        tree.write("tokenizer.model", whole.substr(0, length));
        tree.write("tokenizer_config.json", R"({"legacy": false})");
        // Cut between two fields it may still be a model, of fewer pieces and with other settings.
        CHECK_FALSE(opening(tree.root()).empty());
    }
    CHECK(cuts > 100);
    const TemporaryTree tree;
    tree.write("tokenizer.model", "version https://git-lfs.github.com/spec/v1\n");
    CHECK(says(opening(tree.root()), "tokenizer.model: is no SentencePiece model"));
}

TEST_CASE("vocabularies and merges that do not fit each other are named") {
    CHECK(says(after([](Json& j) { j["model"]["merges"].push_back("a d"); }), "merge 2 names \"ad\""));
    CHECK(says(after([](Json& j) { j["model"]["merges"].push_back("a b c"); }), "merge 2 is no pair"));
    CHECK(says(after([](Json& j) { j["model"]["merges"].push_back(7); }), "merge 2 is no pair"));
    CHECK(says(after([](Json& j) { j["model"]["vocab"]["d"] = 4; }), "id 4 is two tokens"));
    CHECK(says(after([](Json& j) { j["model"]["vocab"]["d"] = -1; }), "the id of token \"d\""));
    CHECK(says(after([](Json& j) { j["model"]["vocab"]["d"] = 99999999999; }), "the id of token \"d\""));
    CHECK(says(after([](Json& j) { j["model"]["vocab"]["d"] = 1.5; }), "the id of token \"d\""));
    CHECK(says(after([](Json& j) { j["model"]["vocab"] = Json::array(); }), "\"vocab\" is missing"));
    CHECK(says(after([](Json& j) { j["model"].erase("merges"); }), "\"merges\" is missing"));
    CHECK(says(after([](Json& j) { j["model"]["unk_token"] = "?"; }), "unknown token \"?\""));
    CHECK(says(after([](Json& j) { j["added_tokens"][0]["id"] = 4; }), "added token 4 is \"<e>\""));
    CHECK(says(after([](Json& j) { j["added_tokens"][0]["id"] = "x"; }), "the id of an added token"));
    CHECK(says(after([](Json& j) { j["added_tokens"][0]["content"] = ""; }), "added token 5 is empty"));
    CHECK(says(after([](Json& j) {
                   j["added_tokens"].push_back(j["added_tokens"][0]);
                   j["added_tokens"][1]["content"] = "<f>";
               }),
               "id 5 is two added tokens"));
}

TEST_CASE("what is not known here is refused by name") {
    CHECK(after([](Json&) {}).empty());
    CHECK(says(after([](Json& j) { j["model"]["type"] = "Unigram"; }), "model of type \"Unigram\""));
    CHECK(says(after([](Json& j) { j["model"]["dropout"] = 0.1; }), "\"dropout\" 0.1"));
    CHECK(says(after([](Json& j) { j["model"]["end_of_word_suffix"] = "</w>"; }), "\"end_of_word_suffix\""));
    CHECK(says(after([](Json& j) {
                   j["normalizer"] = {{"type", "Lowercase"}};
               }),
               "normalizer \"Lowercase\""));
    CHECK(says(after([](Json& j) { j["pre_tokenizer"]["type"] = "Metaspace"; }),
               "pre_tokenizer \"Metaspace\""));
    CHECK(says(after([](Json& j) { j["pre_tokenizer"] = nullptr; }), "without ByteLevel"));
    CHECK(says(after([](Json& j) { j["decoder"]["type"] = "WordPiece"; }), "decoder \"WordPiece\""));
    CHECK(says(after([](Json& j) { j["decoder"] = nullptr; }), "no decoder"));
    CHECK(says(after([](Json& j) {
                   j["post_processor"] = {{"type", "BertProcessing"}};
               }),
               "\"BertProcessing\""));
    CHECK(says(after([](Json& j) { j["surprise"] = 1; }), "\"surprise\""));
    const auto split = [](const char* pattern, const char* behaviour) {
        return after([&](Json& j) {
            const Json first = {{"type", "Split"},
                                {"pattern", {{"Regex", pattern}}},
                                {"behavior", behaviour},
                                {"invert", false}};
            j["pre_tokenizer"] = {{"type", "Sequence"},
                                  {"pretokenizers", Json::array({first, j["pre_tokenizer"]})}};
        });
    };
    CHECK(split("\\s+", "Isolated").empty());
    CHECK(says(split("\\s+", "MergedWithNext"), "\"MergedWithNext\""));
    CHECK(says(split("(unclosed", "Isolated"), "is no regular expression"));
}

TEST_CASE("special tokens and options beside the vocabulary are checked") {
    CHECK(with_config(R"({"eos_token": "<e>", "pad_token": null})").empty());
    CHECK(says(with_config(R"({"eos_token": "<gone>"})"), "eos_token \"<gone>\" has no id"));
    CHECK(says(with_config(R"({"eos_token": 5})"), "\"eos_token\" is neither a text nor an object"));
    CHECK(says(with_config(R"({"add_bos_token": "yes"})"), "\"add_bos_token\" is neither true nor false"));
    CHECK(
        says(with_config(R"({"added_tokens_decoder": {"x": {"content": "<x>"}}})"), "\"x\" is no token id"));
    CHECK(says(with_config("{"), "tokenizer_config.json: is not JSON"));
    CHECK(llama_with(R"({"legacy": false})").empty());
    CHECK(says(llama_with(R"({"legacy": false, "pad_token": "[PAD]"})"), "\"[PAD]\" has no id"));
    CHECK(llama_with(R"({"legacy": false, "pad_token": "[PAD]"})", R"({"[PAD]": 1000})").empty());
    CHECK(says(llama_with(R"({"legacy": false})", R"({"[PAD]": 5})"), "added token 5 is \"[PAD]\", but"));
    CHECK(says(llama_with(R"({"legacy": false})", R"({"[PAD]": "no"})"), "the id of \"[PAD]\""));
    CHECK(says(llama_with(R"({"sp_model_kwargs": {"enable_sampling": true}})"), "sp_model_kwargs"));
}

TEST_CASE("a text that is not UTF-8 and an id that names no token are refused") {
    for (const char* name : {"llama", "qwen2"}) {
        const auto tokenizer = open_tokenizer(k_small / name);
        for (const std::string text :
             {"a\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "ab\xE2\x82"}) {
            CHECK(says(refusal([&] { tokenizer->encode(text, true); }), "is not UTF-8: byte"));
        }
        for (const std::int64_t id : {std::int64_t{-1}, tokenizer->vocabulary(), std::int64_t{1} << 40}) {
            const std::vector<std::int64_t> ids{1, id};
            CHECK(says(refusal([&] { tokenizer->decode(ids, true); }), "is no token of"));
        }
    }
}

TEST_CASE("damaged files are read or refused, and what was read works") {
    std::mt19937 draw(11);
    std::size_t refused = 0, read = 0;
    for (const auto& [name, file] :
         {std::pair("llama", "tokenizer.model"), std::pair("qwen2", "tokenizer.json")}) {
        const auto whole = core::read_text(k_small / name / file);
        for (int round = 0; round < 150; ++round) {
            std::string damaged = whole;
            // Half of the damage near the end, where a model says what it is.
            const std::size_t from = round % 2 == 0 ? 0 : whole.size() - whole.size() / 20;
            for (int i = 0; i <= round % 4; ++i) {
                damaged[from + draw() % (whole.size() - from)] = static_cast<char>(draw() % 256);
            }
            const TemporaryTree tree;
            tree.write(file, damaged);
            tree.write("tokenizer_config.json", R"({"legacy": false})");
            const auto message = refusal([&] {
                const auto tokenizer = open_tokenizer(tree.root());
                const auto ids = tokenizer->encode("USER: <image>\nwhat is it?</s> 你好 12", true);
                tokenizer->decode(ids, false);
            });
            ++(message.empty() ? read : refused);
        }
    }
    CHECK(refused > 50);
    CHECK(read > 20);
}
