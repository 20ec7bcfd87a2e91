// SPDX-License-Identifier: Apache-2.0
// Against what the Python tokenizers make of the same lines (tests/reference/tokenizers_*.py).
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/tokenizer.hpp>

using namespace lvr;
using namespace lvr::data;
namespace fs = std::filesystem;
using Ids = std::vector<std::int64_t>;

namespace {

const fs::path k_golden = fs::path(LVR_SOURCE_DIR) / "tests/golden";

core::Json read_json(const fs::path& file) { return core::parse_json(core::read_text(file), file.string()); }

std::vector<std::string> read_lines() {
    return read_json(k_golden / "tokenizers/lines.json").get<std::vector<std::string>>();
}

/// How the ids and the decoded texts of one small tokenizer compare.
void compare(const std::string& name) {
    const auto tokenizer = open_tokenizer(k_golden / "tokenizers" / name);
    const auto lines = read_lines();
    const auto golden = read_json(k_golden / "tokenizers" / name / "golden.json");
    const auto& all_ids = golden.at("ids");
    REQUIRE(all_ids.size() >= 400);
    std::size_t equal = 0, decoded = 0;
    for (std::size_t i = 0; i < all_ids.size(); ++i) {
        const auto wanted = all_ids[i].get<Ids>();
        INFO(name << ", line " << i << ": " << core::to_line(lines[i]));
        const Ids ids = tokenizer->encode(lines[i], true);
        CHECK(ids == wanted);
        equal += ids == wanted ? 1 : 0;
        CHECK(tokenizer->encode(lines[i], true) == wanted);  // out of the cache
        const auto key = std::to_string(i);
        const auto text = golden.at("decoded").value(key, lines[i]);
        CHECK(tokenizer->decode(wanted, true) == text);
        decoded += tokenizer->decode(wanted, true) == text ? 1 : 0;
    }
    CHECK(equal == all_ids.size());
    CHECK(decoded == all_ids.size());
}

std::uint32_t hash_of(const Ids& ids) {
    std::uint32_t hash = 2166136261U;
    for (const auto id : ids) hash = (hash ^ static_cast<std::uint32_t>(id)) * 16777619U;
    return hash;
}

std::uint32_t hash_of(const std::string& text) {
    Ids bytes;
    for (const char byte : text) bytes.push_back(static_cast<unsigned char>(byte));
    return hash_of(bytes);
}

std::uint32_t number_of(const core::Json& hexadecimal) {
    return static_cast<std::uint32_t>(std::stoul(hexadecimal.get<std::string>(), nullptr, 16));
}

}  // namespace

TEST_CASE("SentencePiece by the slow LLaMA rules gives Python's ids") {
    compare("llama");
    compare("llama_legacy");
}

TEST_CASE("byte-level BPEs give Python's ids: Qwen2, SmolLM2, GPT-2 with every flag, LLaMA 3") {
    for (const char* name : {"qwen2", "smollm2", "gpt2", "llama3"}) compare(name);
}

TEST_CASE("after a special token there is no space in front, and the text's own special tokens are found") {
    const auto llama = open_tokenizer(k_golden / "tokenizers/llama");
    CHECK(llama->bos == 1);
    CHECK(llama->eos == 2);
    CHECK(llama->unk == 0);
    CHECK(llama->pad == 1000);
    CHECK(llama->vocabulary() == 1002);
    CHECK(llama->id_of("<image>") == 1001);
    CHECK(llama->encode("", true) == Ids{1});
    CHECK(llama->encode("", false).empty());
    CHECK(llama->encode("</s>", true) == Ids{1, 2});
    const Ids alone = llama->encode("picture", false), behind = llama->encode("</s>picture", false);
    REQUIRE(behind.size() > 1);
    CHECK(alone != Ids(behind.begin() + 1, behind.end()));
    CHECK(llama->decode(alone, true) == "picture");
    CHECK(llama->decode(behind, false) == "</s>picture");
}

TEST_CASE("several threads may encode at once") {
    const auto lines = read_lines();
    for (const char* name : {"llama", "qwen2"}) {
        const auto tokenizer = open_tokenizer(k_golden / "tokenizers" / name);
        std::vector<std::vector<Ids>> found(4);
        std::vector<std::thread> threads;
        for (auto& mine : found) {
            threads.emplace_back([&] {
                for (const auto& line : lines) mine.push_back(tokenizer->encode(line, true));
            });
        }
        for (auto& thread : threads) thread.join();
        REQUIRE(found[0].size() == 2000);
        for (const auto& other : found) CHECK(other == found[0]);
    }
}

TEST_CASE("the real SmolLM2-135M tokenizer gives transformers' ids on 2,000 lines", "[.smollm2]") {
    const char* const folder = std::getenv("LVR_SMOLLM2");  // tests/models/tokenizer.sh sets it
    REQUIRE(folder);
    const auto golden = read_json(k_golden / "tokenizers_smollm2.json");
    const auto tokenizer = open_tokenizer(folder);
    const auto lines = read_lines();
    REQUIRE(lines.size() == 2000);
    std::size_t equal = 0, decoded = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const Ids ids = tokenizer->encode(lines[i], true);
        const bool same =
            ids.size() == golden.at("counts")[i] && hash_of(ids) == number_of(golden.at("hashes")[i]);
        if (!same) UNSCOPED_INFO("line " << i << ": " << core::to_line(lines[i]));
        equal += same ? 1 : 0;
        decoded += hash_of(tokenizer->decode(ids, false)) == number_of(golden.at("decoded")[i]) ? 1 : 0;
    }
    CHECK(equal == lines.size());
    CHECK(decoded == lines.size());
}
