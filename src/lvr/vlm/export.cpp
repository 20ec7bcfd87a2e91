// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/export.hpp>

#include <array>
#include <string>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/vlm/export_files.hpp>
#include <lvr/vlm/mllm.hpp>
#include <lvr/weights/safetensors_write.hpp>

namespace lvr::vlm {
namespace {

namespace fs = std::filesystem;

/// What else belongs to a language model's folder, if it is there.
constexpr std::array k_beside = {"generation_config.json",  "tokenizer.model",   "tokenizer.json",
                                 "tokenizer_config.json",   "vocab.json",        "merges.txt",
                                 "special_tokens_map.json", "added_tokens.json", "chat_template.jinja"};

/// config.json with the type that the weights are written in.
void copy_config(const fs::path& from, const fs::path& to, at::ScalarType dtype) {
    auto config = core::parse_json(core::read_text(from), from.string());
    for (const char* key : {"dtype", "torch_dtype"})
        if (config.contains(key)) config[key] = type_name(dtype);
    files::write_text(to, config.dump(2) + "\n");
}

}  // namespace

void export_projector(const fs::path& file, const weights::WeightStore& store, at::ScalarType dtype) {
    weights::NamedTensors tensors;
    for (const auto& [name, tensor] : store.all())
        if (name.starts_with(k_projector_prefix))
            tensors["model.mm_projector." + name.substr(k_projector_prefix.size())] =
                tensor.detach().to(dtype);
    core::ensure(!tensors.empty(), "a store without a projector");
    weights::write_safetensors(file, tensors);
}

void export_llm(const fs::path& folder, const fs::path& source, const nn::LlamaConfig& config,
                const weights::WeightStore& store, at::ScalarType dtype, std::uint64_t shard_bytes) {
    weights::WeightStore llm;
    for (const auto& [name, tensor] : store.all())
        if (name.starts_with(k_llm_prefix))
            llm.put(name.substr(k_llm_prefix.size()), tensor.detach().to(dtype));
    files::make_folder(folder);
    weights::write_checkpoint(folder, weights::export_weights(llm, nn::llama_names(config)), shard_bytes);
    std::error_code ignored;
    for (const char* name : k_beside)
        if (fs::exists(source / name, ignored)) take_over(source / name, folder / name);
    copy_config(source / "config.json", folder / "config.json", dtype);
}

}  // namespace lvr::vlm
