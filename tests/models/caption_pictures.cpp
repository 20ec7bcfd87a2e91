// SPDX-License-Identifier: Apache-2.0
// What a model that lvr-train aligned says of pictures: caption_pictures LLM CARD.toml PROJECTOR PICTURE...
// One line for each picture: its name, a tab, the caption.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/data/tokenizer.hpp>
#include <lvr/encoders/build.hpp>
#include <lvr/nn/llama.hpp>
#include <lvr/train/image_features.hpp>
#include <lvr/vlm/generate.hpp>
#include <lvr/weights/snapshot.hpp>

using namespace lvr;

namespace {

vlm::Mllm model_of(const weights::Snapshot& snapshot, const std::string& projector) {
    const auto config = nn::read_llama_config(snapshot.config, (snapshot.folder / "config.json").string());
    const auto llm = nn::load_llama(weights::Checkpoint::open(snapshot.folder), config,
                                    {.dtype = at::kFloat, .device = at::kCPU});
    const auto store = vlm::mllm_store(
        llm, nn::read_projector(weights::Checkpoint::open(projector), projector, at::kFloat, at::kCPU));
    return vlm::make_mllm(config, store);
}

int caption(const std::vector<std::string>& words) {
    const auto snapshot = weights::open_snapshot(words.at(0));
    const auto tokenizer = data::open_tokenizer(snapshot.folder);
    const auto model = model_of(snapshot, words.at(2));
    const auto encoder = encoders::build_encoder(encoders::read_card(words.at(1), "native"), {});
    const auto images = train::make_online_features(encoder, ".", at::kCPU);
    const auto question = vlm::write_question(
        {.name = "a picture", .image = "it", .turns = {{"human", "<image>"}}}, vlm::find_template("plain"));
    const auto prompt = vlm::encode_with_images(question.text, *tokenizer);
    const auto line_end = tokenizer->encode("\n", false);
    for (std::size_t i = 3; i < words.size(); ++i) {
        const std::vector<train::PreparedImage> picture = {images->prepare(words[i])};
        const auto features = images->features(picture, at::kFloat);
        const auto ids = vlm::generate(model, prompt, features, {.most = 30, .stops = line_end});
        fmt::print("{}\t{}\n", words[i], tokenizer->decode(ids, true));
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return caption({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
