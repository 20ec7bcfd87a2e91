// SPDX-License-Identifier: Apache-2.0
#include "unit/llava_export_fixture.hpp"

#include <lvr/core/text_file.hpp>
#include <lvr/vlm/mllm.hpp>

namespace lvr::test {
namespace {

namespace fs = std::filesystem;

core::Json read_json(const fs::path& file) { return core::parse_json(core::read_text(file), file.string()); }

}  // namespace

LlavaToExport::LlavaToExport(const std::string& name, const fs::path& work) {
    const auto all = fs::path(LVR_SOURCE_DIR) / "tests/golden";
    golden = read_json(all / "llava_export" / name / "exported.json");
    parts = {{all / "llava" / name / "clip", -2}, work};
    fs::create_directories(work);
    const auto replace = fs::copy_options::overwrite_existing;
    for (const auto& from :
         {all / "llava_export" / name / "llm", all / "conversations" / (name == "llama" ? "llama" : "qwen")})
        for (const auto& entry : fs::directory_iterator(from))
            fs::copy_file(entry.path(), work / entry.path().filename(), replace);
    config = nn::read_llama_config(read_json(work / "config.json"), (work / "config.json").string());
    const auto projector = all / "llava" / name / "projector.safetensors";
    store = vlm::mllm_store(
        nn::load_llama(weights::Checkpoint::open(work), config, {}),
        nn::read_projector(weights::Checkpoint::open(projector), projector.string(), at::kFloat, at::kCPU));
}

}  // namespace lvr::test
