// SPDX-License-Identifier: Apache-2.0
// llava_probe export NAME WORK: puts a tiny LLaVA together in WORK/parts and exports it, WORK/llava and
// WORK/llm. llava_probe logits NAME WORK IDS PICTURE|- OUT: our logits for what IDS (safetensors: "ids",
// k_image_id for the picture) asks.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <cstdio>
#include <filesystem>
#include <span>
#include <string>

#include <lvr/core/text_file.hpp>
#include <lvr/data/image.hpp>
#include <lvr/encoders/build.hpp>
#include <lvr/vlm/mllm.hpp>
#include <lvr/weights/safetensors_write.hpp>

#include "unit/llava_export_fixture.hpp"

using namespace lvr;

namespace {

void export_all(const test::LlavaToExport& llava, const std::string& work) {
    vlm::export_llava(work + "/llava", llava.parts, llava.config, llava.store, {.shard_bytes = 60'000});
    vlm::export_llm(work + "/llm", llava.parts.llm, llava.config, llava.store, at::kFloat);
}

at::Tensor features_of(const std::filesystem::path& clip, const std::string& picture) {
    const auto encoder = encoders::build_encoder(encoders::card_for_snapshot(clip.string()), {});
    const auto bytes = core::read_text(picture);
    const auto image =
        data::decode_image({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, picture);
    const auto view = encoders::apply(encoder->inputs().front().geometry, image);
    auto pixels = at::empty({1, view.height, view.width, 3}, at::kByte);
    std::copy(view.rgb.begin(), view.rgb.end(), pixels.mutable_data_ptr<std::uint8_t>());
    return encoder->encode({pixels})[0];
}

void write_logits(const test::LlavaToExport& llava, const std::string& ids_file, const std::string& picture,
                  const std::string& out) {
    const at::NoGradGuard nothing_recorded;
    const auto ids = weights::Checkpoint::open(ids_file).read("ids").contiguous();
    const auto* const first = ids.const_data_ptr<std::int64_t>();
    const vlm::Tokens tokens{{first, first + ids.numel()},
                             std::vector<std::int64_t>(static_cast<std::size_t>(ids.numel()), -100)};
    const at::Tensor features =
        picture == "-" ? at::Tensor() : features_of(llava.parts.encoder.snapshot, picture);
    const auto model = vlm::make_mllm(llava.config, llava.store);
    const auto hidden = vlm::forward(model, std::span(&tokens, 1), std::span(&features, 1)).hidden_BLD;
    weights::write_safetensors(out, {{"logits", nn::logits(model.llm, hidden)[0]}});
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const std::vector<std::string> words(arguments + 1, arguments + count);
        const auto is = [&](const char* what, std::size_t length) {
            return words.size() == length && words[0] == what;
        };
        if (!is("export", 3) && !is("logits", 6)) return 2;
        const test::LlavaToExport llava(words[1], words[2] + "/parts");
        if (words[0] == "export")
            export_all(llava, words[2]);
        else
            write_logits(llava, words[3], words[4], words[5]);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
