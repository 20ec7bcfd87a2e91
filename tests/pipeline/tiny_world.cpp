// SPDX-License-Identifier: Apache-2.0
// tiny_world FOLDER: writes all that configs/pipeline/tiny.toml trains and evaluates on, the same bytes each
// time:
//   pictures/       drawings of one shape each, and beside them
//     captions.json   for stage 1
//     talks.json      for stage 2: the benchmarks' questions about other drawings
//   benchmarks/     the eight, as lists of JSON lines
//   llm/            a LLaMA of random weights
//   cards/          encoder cards for the random towers of tests/golden/vit
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/tasks/benchmark.hpp>
#include <lvr/weights/safetensors_write.hpp>

#include "drawings.hpp"
#include "questions.hpp"

using namespace lvr;
using namespace lvr::test;
namespace fs = std::filesystem;

namespace {

constexpr int k_train = 320, k_test = 24;
constexpr std::int64_t k_width = 48, k_mlp = 96, k_layers = 2, k_heads = 4, k_words = 1008;
const fs::path k_golden = fs::path(LVR_SOURCE_DIR) / "tests/golden";

void write(const fs::path& file, std::string_view text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
}

std::vector<Drawing> draw_all(const fs::path& world, std::string_view set, int count) {
    std::vector<Drawing> drawings;
    for (int i = 0; i < count; ++i) {
        drawings.push_back(drawing(set, i));
        const auto png = png_of(drawings.back());
        write(world / "pictures" / drawings.back().file,
              {reinterpret_cast<const char*>(png.data()), png.size()});
    }
    return drawings;
}

core::Json talk(std::string id, const std::string& picture, const std::string& question,
                const std::string& answer) {
    return {
        {"id", std::move(id)},
        {"image", picture},
        {"conversations", {{{"from", "human"}, {"value", question}}, {{"from", "gpt"}, {"value", answer}}}}};
}

void write_captions(const fs::path& world, const std::vector<Drawing>& drawings) {
    core::Json list = core::Json::array();
    for (const auto& one : drawings)
        list.push_back(talk(one.file, one.file, "Describe it.\n<image>", one.caption()));
    write(world / "pictures" / "captions.json", list.dump());
}

/// What is to be seen on each drawing; and the benchmarks' own questions, each benchmark's about an eighth of
/// them.
void write_talks(const fs::path& world, const std::vector<Drawing>& drawings) {
    core::Json list = core::Json::array();
    for (const auto& one : drawings)
        list.push_back(talk(one.file, one.file, "<image>\nWhat do you see?", one.caption()));
    const std::size_t share = drawings.size() / tasks::benchmarks().size();
    std::size_t first = 0;
    for (const auto& benchmark : tasks::benchmarks()) {
        for (const auto& question : questions_of(benchmark.name, std::span(drawings).subspan(first, share))) {
            std::string context = benchmark.context(question.document);
            if (context.find("<image>") == std::string::npos) context = "<image>\n" + context;
            list.push_back(talk(fmt::format("{}/{}", benchmark.name, list.size()), question.picture, context,
                                question.answer));
        }
        first += share;
    }
    write(world / "pictures" / "talks.json", list.dump());
}

void write_benchmarks(const fs::path& world, const std::vector<Drawing>& drawings) {
    for (const auto& benchmark : tasks::benchmarks()) {
        std::string lines;
        for (const auto& question : questions_of(benchmark.name, drawings))
            lines += core::to_line(question.document);
        write(world / "benchmarks" / benchmark.folder / "questions.jsonl", lines);
    }
}

at::Tensor random_tensor(const std::string& name, const std::vector<std::int64_t>& shape) {
    at::Tensor tensor = at::empty(shape, at::kFloat);
    core::KeyedRng draw(0, {"tiny language model", name});
    const double scale = shape.size() == 1 ? 0 : 1 / std::sqrt(static_cast<double>(shape.back()));
    for (float *at = tensor.data_ptr<float>(), *end = at + tensor.numel(); at != end; ++at)
        *at = static_cast<float>(scale == 0 ? 1 : scale * draw.normal());
    return tensor;
}

void write_language_model(const fs::path& folder) {
    fs::create_directories(folder);
    weights::NamedTensors tensors;
    const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
        tensors[name] = random_tensor(name, shape);
    };
    add("model.embed_tokens.weight", {k_words, k_width});
    add("lm_head.weight", {k_words, k_width});
    add("model.norm.weight", {k_width});
    for (int i = 0; i < k_layers; ++i) {
        const std::string layer = fmt::format("model.layers.{}.", i);
        for (const char* name : {"q", "k", "v", "o"})
            add(layer + "self_attn." + name + "_proj.weight", {k_width, k_width});
        for (const char* name : {"gate", "up"}) add(layer + "mlp." + name + "_proj.weight", {k_mlp, k_width});
        add(layer + "mlp.down_proj.weight", {k_width, k_mlp});
        for (const char* name : {"input", "post_attention"})
            add(layer + name + "_layernorm.weight", {k_width});
    }
    weights::write_safetensors(folder / "model.safetensors", tensors);
    const core::Json config = {{"architectures", {"LlamaForCausalLM"}},
                               {"model_type", "llama"},
                               {"hidden_act", "silu"},
                               {"hidden_size", k_width},
                               {"intermediate_size", k_mlp},
                               {"num_attention_heads", k_heads},
                               {"num_key_value_heads", k_heads},
                               {"num_hidden_layers", k_layers},
                               {"max_position_embeddings", 1024},
                               {"rms_norm_eps", 1e-6},
                               {"rope_theta", 10000.0},
                               {"tie_word_embeddings", false},
                               {"vocab_size", k_words},
                               {"bos_token_id", 1},
                               {"eos_token_id", 2}};
    write(folder / "config.json", core::to_text(config));
    for (const char* name : {"tokenizer.model", "tokenizer_config.json"})
        fs::copy_file(k_golden / "tokenizers/llama" / name, folder / name,
                      fs::copy_options::overwrite_existing);
}

struct Card {
    const char* id;
    const char* tower;  ///< null: of the two parts
    int tap = -2;
    std::vector<std::string> parts = {};
};

void write_cards(const fs::path& folder) {
    const std::vector<Card> cards = {{"clip42", "clip_gelu"},
                                     {"clip42_last", "clip_gelu", -1},
                                     {"clip32", "clip_vision_only"},
                                     {"dinov2_42", "dinov2"},
                                     {"dinov2_56", "dinov2_published_336"},
                                     {"dinov2_registers", "dinov2_registers"},
                                     {"siglip32", "siglip"},
                                     {"siglip48", "siglip_fine_grid"},
                                     {"clip42+dinov2_42", nullptr, -2, {"clip42", "dinov2_42"}},
                                     {"clip42+clip42_last", nullptr, -2, {"clip42", "clip42_last"}}};
    for (const auto& card : cards) {
        std::string text = fmt::format("id = \"{}\"\n", card.id);
        if (card.tower) {
            text += fmt::format("snapshot = \"{}\"\ntap = {}\n", (k_golden / "vit" / card.tower).string(),
                                card.tap);
        } else {
            text += fmt::format("parts = [\"{}.toml\", \"{}.toml\"]\n", card.parts[0], card.parts[1]);
        }
        write(folder / (std::string(card.id) + ".toml"), text);
    }
}

void make_world(const fs::path& world) {
    const auto train = draw_all(world, "train", k_train), test = draw_all(world, "test", k_test);
    write_captions(world, train);
    write_talks(world, train);
    write_benchmarks(world, test);
    write_language_model(world / "llm");
    write_cards(world / "cards");
}

}  // namespace

int main(int argc, char** argv) {
    try {
        core::ensure(argc == 2, "tiny_world has one argument, a folder");
        make_world(argv[1]);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
