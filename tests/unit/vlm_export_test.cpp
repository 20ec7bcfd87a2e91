// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/vlm/export.hpp>

#include "unit/llava_fixture.hpp"

using namespace lvr;
namespace fs = std::filesystem;

namespace {

/// Empty, removed at the end.
struct Folder {
    fs::path path = fs::path(LVR_BINARY_DIR) / "tests" / ("vlm_export_" + std::to_string(getpid()));
    Folder() { fs::remove_all(path); }
    ~Folder() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("what is exported is read back as it was, in one file or in shards") {
    int compared = 0;
    for (const std::string name : {"llama", "qwen2"}) {
        for (const std::uint64_t shard : {std::uint64_t{20000}, std::uint64_t{5'000'000'000}}) {
            const Folder folder;
            const test::TinyLlava tiny(name);
            vlm::export_llm(folder.path / "llm", tiny.folder + "/llm", tiny.config, tiny.store, at::kFloat,
                            shard);
            vlm::export_projector(folder.path / "projector.safetensors", tiny.store, at::kFloat);
            CHECK(fs::exists(folder.path / "llm" / "model.safetensors.index.json") == (shard == 20000));
            CHECK(fs::exists(folder.path / "llm" / "generation_config.json"));
            const std::string file = (folder.path / "llm" / "config.json").string();
            const auto config = nn::read_llama_config(core::parse_json(core::read_text(file), file), file);
            const auto llm = nn::load_llama(weights::Checkpoint::open(folder.path / "llm"), config, {});
            const auto projector =
                nn::read_projector(weights::Checkpoint::open(folder.path / "projector.safetensors"),
                                   "projector", at::kFloat, at::kCPU);
            const auto again = vlm::mllm_store(llm, projector);
            REQUIRE(again.all().size() == tiny.store.all().size());
            for (const auto& [parameter, tensor] : tiny.store.all()) {
                CHECK(again.all().at(parameter).equal(tensor));
                ++compared;
            }
        }
    }
    CHECK(compared > 60);
}

TEST_CASE("an export in bfloat16 says so, and bad folders are named") {
    const Folder folder;
    const test::TinyLlava tiny("llama");
    vlm::export_llm(folder.path / "llm", tiny.folder + "/llm", tiny.config, tiny.store, at::kBFloat16);
    const auto file = folder.path / "llm" / "config.json";
    CHECK(core::parse_json(core::read_text(file), file.string()).at("dtype") == "bfloat16");
    CHECK(weights::Checkpoint::open(folder.path / "llm").tensors().begin()->second.dtype == at::kBFloat16);
    CHECK_THROWS_WITH(
        vlm::export_llm(folder.path / "other", folder.path / "nowhere", tiny.config, tiny.store, at::kFloat),
        Catch::Contains("nowhere/config.json"));
}
