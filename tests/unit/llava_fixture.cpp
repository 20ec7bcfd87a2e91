// SPDX-License-Identifier: Apache-2.0
#include "unit/llava_fixture.hpp"

#include <lvr/core/text_file.hpp>
#include <lvr/encoders/build.hpp>
#include <lvr/encoders/encoder_card.hpp>

namespace lvr::test {

TinyLlava::TinyLlava(const std::string& name)
    : folder(std::string(LVR_SOURCE_DIR) + "/tests/golden/llava/" + name),
      checkpoint(weights::Checkpoint::open(folder + "/expected.safetensors")) {
    const std::string file = folder + "/llm/config.json";
    config = nn::read_llama_config(core::parse_json(core::read_text(file), file), file);
    const auto llm = nn::load_llama(weights::Checkpoint::open(folder + "/llm"), config, {});
    const std::string projector = folder + "/projector.safetensors";
    store = vlm::mllm_store(
        llm, nn::read_projector(weights::Checkpoint::open(projector), projector, at::kFloat, at::kCPU));
    const auto encoder = encoders::build_encoder(encoders::card_for_snapshot(folder + "/clip"), {});
    features_ITC = encoder->encode({expected("images")});
}

at::Tensor TinyLlava::of(const std::string& what, const std::string& key, std::int64_t step) const {
    const auto all = expected(what + key);
    return step < 0 ? all : all[step];
}

std::vector<vlm::Tokens> TinyLlava::samples(const std::string& what, std::int64_t step) const {
    const auto ids = of(what, "ids", step), labels = of(what, "labels", step),
               lengths = of(what, "lengths", step);
    std::vector<vlm::Tokens> batch;
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
        const auto length = lengths[i].item<std::int64_t>();
        const auto values = [&](const at::Tensor& row) {
            const auto* const first = row.const_data_ptr<std::int64_t>();
            return std::vector<std::int64_t>(first, first + length);
        };
        batch.push_back({values(ids[i].contiguous()), values(labels[i].contiguous())});
    }
    return batch;
}

std::vector<at::Tensor> TinyLlava::features(const std::string& what, std::int64_t step) const {
    const auto image_of = of(what, "image_of", step);
    std::vector<at::Tensor> features;
    for (std::int64_t i = 0; i < image_of.size(0); ++i) {
        const auto image = image_of[i].item<std::int64_t>();
        features.push_back(image < 0 ? at::Tensor() : features_ITC[image]);
    }
    return features;
}

}  // namespace lvr::test
