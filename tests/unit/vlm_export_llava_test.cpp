// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>
#include <catch2/catch.hpp>

#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/tokenizer.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/weights/checkpoint.hpp>

#include "unit/llava_export_fixture.hpp"

using namespace lvr;
namespace fs = std::filesystem;

namespace {

/// Empty, removed at the end.
struct Folder {
    fs::path path = fs::path(LVR_BINARY_DIR) / "tests" / ("vlm_export_llava_" + std::to_string(getpid()));
    Folder() { fs::remove_all(path); }
    ~Folder() { fs::remove_all(path); }
};

core::Json read_json(const fs::path& file) { return core::parse_json(core::read_text(file), file.string()); }

std::string hash(const at::Tensor& tensor) {
    const auto whole = tensor.contiguous();
    return core::sha256({static_cast<const char*>(whole.const_data_ptr()), whole.nbytes()});
}

/// Everything that the golden object says stands in ours. @return how many values were compared
int compare(const core::Json& golden, const core::Json& ours, const std::string& where) {
    INFO(where);
    if (!golden.is_object()) {
        CHECK(ours == golden);
        return 1;
    }
    int compared = 0;
    for (const auto& [key, value] : golden.items()) {
        INFO(key);
        REQUIRE(ours.contains(key));
        compared += compare(value, ours.at(key), where + "." + key);
    }
    return compared;
}

}  // namespace

TEST_CASE("a LLaVA is exported as transformers writes it: keys, names, shapes and values") {
    int keys = 0, tensors = 0;
    for (const std::string name : {"llama", "qwen2"}) {
        INFO(name);
        const Folder folder;
        const test::LlavaToExport llava(name, folder.path / "llm");
        const auto out = folder.path / "llava";
        vlm::export_llava(out, llava.parts, llava.config, llava.store, {.shard_bytes = 60'000});
        CHECK(fs::exists(out / "model.safetensors.index.json"));
        keys += compare(llava.golden.at("config"), read_json(out / "config.json"), "config");
        auto processor = llava.golden.at("processor");
        const auto pictures = processor.at("image_processor");
        processor.erase("image_processor");
        keys += compare(pictures, read_json(out / "preprocessor_config.json"), "preprocessor");
        keys += compare(processor, read_json(out / "processor_config.json"), "processor");
        CHECK(core::read_text(out / "generation_config.json") ==
              core::read_text(llava.parts.llm / "generation_config.json"));

        const auto written = weights::Checkpoint::open(out);
        const auto& golden = llava.golden.at("tensors");
        CHECK(written.tensors().size() == golden.size());
        for (const auto& [tensor, wanted] : golden.items()) {
            INFO(tensor);
            REQUIRE(written.tensors().contains(tensor));
            const auto value = written.read(tensor);
            CHECK(core::Json(value.sizes().vec()) == wanted.at("shape"));
            const bool is_table =
                tensor.ends_with("embed_tokens.weight") || tensor.ends_with("lm_head.weight");
            CHECK(hash(is_table ? value.narrow(0, 0, llava.config.vocabulary) : value) ==
                  wanted.at("sha256"));
            ++tensors;
        }
    }
    CHECK(keys > 120);
    CHECK(tensors == 144);
}

TEST_CASE("rows that are added are the mean of the others") {
    const Folder folder;
    const test::LlavaToExport llava("llama", folder.path / "llm");
    vlm::export_llava(folder.path / "llava", llava.parts, llava.config, llava.store);
    const auto written = weights::Checkpoint::open(folder.path / "llava");
    for (const char* name : {"language_model.model.embed_tokens.weight", "language_model.lm_head.weight"}) {
        const auto table = written.read(name);
        const auto mean = table.narrow(0, 0, 560).mean(0);
        for (const std::int64_t row : {560, 575}) CHECK(table[row].equal(mean));
    }
}

TEST_CASE("a SentencePiece tokenizer gets the tokenizer.json that transformers makes of it") {
    const Folder folder;
    const test::LlavaToExport llava("llama", folder.path / "llm");
    vlm::export_llava(folder.path / "llava", llava.parts, llava.config, llava.store);
    auto ours = read_json(folder.path / "llava/tokenizer.json");
    const auto& golden = llava.golden.at("tokenizer");
    CHECK(compare(golden, ours, "tokenizer") > 580);
    CHECK(ours.size() == golden.size());
    CHECK(ours.at("model").at("vocab").size() == golden.at("model").at("vocab").size());
    CHECK(golden.at("model").at("merges").size() > 250);
}

TEST_CASE("the exported tokenizer is the old one with a token for images") {
    int compared = 0;
    for (const std::string name : {"llama", "qwen2"}) {
        INFO(name);
        const Folder folder;
        const test::LlavaToExport llava(name, folder.path / "llm");
        // One that training added, of the kind that older folders list here only.
        const auto before = data::open_tokenizer(llava.parts.llm)->vocabulary();
        files::write_text(llava.parts.llm / "added_tokens.json", core::to_text({{"<extra>", before}}));
        vlm::export_llava(folder.path / "llava", llava.parts, llava.config, llava.store);
        const auto old = data::open_tokenizer(llava.parts.llm),
                   tokenizer = data::open_tokenizer(folder.path / "llava");
        const auto image =
            read_json(folder.path / "llava/config.json").at("image_token_index").get<std::int64_t>();
        CHECK(image == before + 1);
        CHECK(tokenizer->id_of("<image>") == image);
        CHECK(tokenizer->id_of("<extra>") == before);
        CHECK(tokenizer->vocabulary() == image + 1);
        CHECK(tokenizer->eos == old->eos);
        for (const std::string text :
             {"USER: what is this? ASSISTANT:", "a red circle", "<extra> caf\u00e9"}) {
            CHECK(tokenizer->encode(text, true) == old->encode(text, true));
            ++compared;
        }
        CHECK(tokenizer->encode("a<image>b", false).size() == 1 + old->encode("a", false).size() + 1);

        // Once more from what was written: nothing is added twice.
        auto again = llava.parts;
        again.llm = folder.path / "again";
        fs::copy(llava.parts.llm, again.llm);
        for (const char* file : {"tokenizer_config.json", "tokenizer.json", "added_tokens.json"})
            if (fs::exists(folder.path / "llava" / file))
                fs::copy_file(folder.path / "llava" / file, again.llm / file,
                              fs::copy_options::overwrite_existing);
        vlm::export_llava(folder.path / "llava2", again, llava.config, llava.store);
        for (const char* file : {"config.json", "tokenizer_config.json"})
            CHECK(core::read_text(folder.path / "llava2" / file) ==
                  core::read_text(folder.path / "llava" / file));
    }
    CHECK(compared == 6);
}

TEST_CASE("only an encoder that transformers can be told of becomes a LLaVA's") {
    const auto clip = std::string(LVR_SOURCE_DIR) + "/tests/golden/llava/llama/clip";
    const auto card = encoders::card_for_snapshot(clip);
    const auto found = vlm::llava_encoder(card, {});
    REQUIRE(found);
    CHECK(found->snapshot == fs::path(clip));
    CHECK(found->tap == -2);
    int refused = 0;
    const auto refuses = [&](auto change) {
        auto other = card;
        change(other);
        CHECK_FALSE(vlm::llava_encoder(other, {}));
        ++refused;
    };
    refuses([](auto& other) { other.size = 56; });
    refuses([](auto& other) { other.resize = "squash", other.size = 42; });
    refuses([](auto& other) { other.normalise = "plain"; });
    refuses([](auto& other) { other.family = "siglip"; });
    refuses([](auto& other) { other.parts = {"clip224", "dinov2"}; });
    refuses(
        [](auto& other) { other.snapshot = std::string(LVR_SOURCE_DIR) + "/tests/golden/llava/llama/llm"; });
    CHECK(refused == 6);
    auto same = card;
    same.size = 42;
    CHECK(vlm::llava_encoder(same, {}));
}
