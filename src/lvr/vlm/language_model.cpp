// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/language_model.hpp>

#include <fmt/format.h>

#include <lvr/core/error.hpp>
#include <lvr/nn/llama.hpp>
#include <lvr/weights/checkpoint.hpp>
#include <lvr/weights/snapshot.hpp>

namespace lvr::vlm {

weights::WeightStore LanguageModel::load(at::ScalarType dtype, at::Device device) const {
    return nn::load_llama(weights::Checkpoint::open(folder), config, {.dtype = dtype, .device = device});
}

std::string LanguageModel::fingerprint() const {
    return weights::fingerprint(weights::Checkpoint::open(folder));
}

LanguageModel open_language_model(const std::string& name, const std::filesystem::path& models) {
    const auto snapshot = weights::open_snapshot(name, models);
    const auto where = (snapshot.folder / "config.json").string();
    LanguageModel model{.folder = snapshot.folder,
                        .config = nn::read_llama_config(snapshot.config, where),
                        .tokenizer = data::open_tokenizer(snapshot.folder),
                        .sha256 = {}};
    if (model.tokenizer->vocabulary() > model.config.vocabulary)
        throw core::input_error(
            fmt::format("{}: the tokenizer has {} tokens, the model {}", snapshot.folder.string(),
                        model.tokenizer->vocabulary(), model.config.vocabulary),
            "some tokens have no embedding", "use the tokenizer that belongs to the model");
    return model;
}

}  // namespace lvr::vlm
