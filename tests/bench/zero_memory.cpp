// SPDX-License-Identifier: Apache-2.0
// [scripts/mpirun.sh RANKS] zero_memory [--name value ...]: trains a random LLaMA for some updates and says
// how much memory each rank had at most (VmHWM, MB) beside what train::plan_memory says. Names and defaults:
// see Settings.
#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include <lvr/nn/causal_loss.hpp>
#include <lvr/par/session.hpp>
#include <lvr/train/memory_plan.hpp>
#include <lvr/train/sharded_optimizer.hpp>
#include <lvr/vlm/mllm.hpp>

using namespace lvr;

namespace {

struct Settings {
    std::map<std::string, std::int64_t> values = {
        {"width", 768},   {"mlp", 2048},          {"layers", 10},       {"heads", 12},
        {"kv-heads", 12}, {"vocabulary", 16000},  {"zero", 2},          {"batch", 1},
        {"length", 256},  {"labels", 128},        {"backwards", 1},     {"updates", 3},
        {"bfloat16", 0},  {"bucket", 16'777'216}, {"stage", 2},         {"tied", 0},
        {"recompute", 0}, {"channels", 1024},     {"image-tokens", 64}, {"phases", 0},
        {"plan", 0}};

    std::int64_t operator[](const std::string& name) const { return values.at(name); }
};

Settings read(int argc, char** argv) {
    Settings settings;
    for (int i = 1; i + 1 < argc; i += 2)
        settings.values.at(std::string(argv[i]).substr(2)) = std::stoll(argv[i + 1]);
    return settings;
}

nn::LlamaConfig config_of(const Settings& s) {
    return {.width = s["width"],
            .mlp_width = s["mlp"],
            .layers = s["layers"],
            .heads = s["heads"],
            .kv_heads = s["kv-heads"],
            .head_width = s["width"] / s["heads"],
            .vocabulary = s["vocabulary"],
            .max_positions = 4096,
            .eps = 1e-5,
            .tied = s["tied"] != 0};
}

double status_mb(const std::string& key) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(key + ":")) return std::stod(line.substr(key.size() + 1)) * 1024 / 1e6;
    return 0;
}

/// What was the most so far is forgotten.
void forget_most() { std::ofstream("/proc/self/clear_refs") << 5; }

/// A projector of two maps and a language model, in buckets.
train::LaidOut random_model(const Settings& s, const train::BucketSpec& layout) {
    const auto random = [&](const std::vector<std::int64_t>& shape) {
        return at::randn(shape, at::kFloat).mul_(0.02).to(layout.dtype);
    };
    const auto config = config_of(s);
    weights::WeightStore llm;
    for (const auto& [name, shape] : nn::llama_shapes(config)) llm.put(name, random(shape));
    nn::Projector projector;
    for (const auto inputs : {s["channels"], s["width"]})
        projector.layers.push_back({random({s["width"], inputs}), random({s["width"]})});
    auto store = vlm::mllm_store(llm, projector);
    llm = {}, projector = {};
    const auto names = vlm::trained_names(config, store, s["stage"] == 2);
    return train::lay_out(std::move(store), names, layout);
}

train::MemoryQuestion question_of(const Settings& s, int ranks, std::int64_t process) {
    return {.llm = config_of(s),
            .trains_llm = s["stage"] == 2,
            .projector = {s["channels"], s["width"], s["width"]},
            .layout = {.parts = ranks,
                       .most_elements = s["bucket"],
                       .dtype = s["bfloat16"] != 0 ? at::kBFloat16 : at::kFloat},
            .zero = static_cast<train::ZeroStage>(s["zero"]),
            .recomputes = s["recompute"] != 0,
            .micro_batch = s["batch"],
            .backwards = s["backwards"],
            .positions = s["length"],
            .labels = s["labels"] * s["batch"],
            .images = s["batch"],
            .image_tokens = s["image-tokens"],
            .process_bytes = process};
}

void say(const Settings& s, const char* what) {
    if (s["phases"] == 0) return;
    std::cerr << fmt::format("  {:28} most {:6.0f} MB, now {:6.0f} MB\n", what, status_mb("VmHWM"),
                             status_mb("VmRSS"));
    forget_most();
}

/// Each begins with an image and ends with labels.
std::vector<vlm::Tokens> random_batch(const Settings& s) {
    std::vector<vlm::Tokens> batch(static_cast<std::size_t>(s["batch"]));
    const auto length = s["length"] - s["image-tokens"] + 1;
    for (auto& tokens : batch)
        for (std::int64_t i = 0; i < length; ++i) {
            tokens.ids.push_back(i == 0 ? vlm::k_image_id : (i * 7919) % s["vocabulary"]);
            tokens.labels.push_back(i < length - s["labels"] ? vlm::k_ignore_label : tokens.ids.back());
        }
    return batch;
}

void train_some(const Settings& s, comm::TensorComm& comm) {
    const auto layout = question_of(s, comm.size(), 0).layout;
    auto laid = random_model(s, layout);
    const auto model = vlm::make_mllm(config_of(s), laid.store);
    say(s, "weights");
    train::ShardedOptimizer optimizer(std::move(laid.buckets), comm,
                                      {.zero = static_cast<train::ZeroStage>(s["zero"])});
    say(s, "optimizer");
    const auto batch = random_batch(s);
    for (std::int64_t update = 0; update < s["updates"]; ++update) {
        for (std::int64_t i = 0; i < s["backwards"]; ++i) {
            std::vector<at::Tensor> features;
            for (std::int64_t b = 0; b < s["batch"]; ++b)
                features.push_back(
                    at::randn({s["image-tokens"], s["channels"]}, at::kFloat).to(layout.dtype));
            const auto [hidden, labels] = vlm::forward(
                model, batch, features,
                {.activations = s["recompute"] != 0 ? nn::Activations::recomputed : nn::Activations::kept});
            say(s, "forward");
            const auto loss = nn::causal_lm_loss(hidden, model.llm.head_VD, labels);
            say(s, "loss");
            optimizer.begin_backward(i + 1 == s["backwards"]);
            loss.backward();
            say(s, "backward");
            optimizer.finish_backward();
            say(s, "finish_backward");
        }
        optimizer.update(1e-4);
        say(s, "update");
    }
}

/// Starts what a process has once: libraries' pages, threads, MPI's buffers.
void warm_up(const Settings& s, comm::TensorComm& comm) {
    Settings small = s;
    for (const auto& [name, value] : std::map<std::string, std::int64_t>{{"width", 64},
                                                                         {"mlp", 128},
                                                                         {"layers", 1},
                                                                         {"heads", 4},
                                                                         {"kv-heads", 4},
                                                                         {"vocabulary", 64},
                                                                         {"channels", 32},
                                                                         {"batch", 1},
                                                                         {"length", 16},
                                                                         {"labels", 8},
                                                                         {"image-tokens", 4},
                                                                         {"phases", 0},
                                                                         {"updates", 1}})
        small.values.at(name) = value;
    train_some(small, comm);
}

}  // namespace

int main(int argc, char** argv) {
    const Settings settings = read(argc, argv);
    const par::Session session;
    const auto world = session.world();
    at::set_num_threads(1);
    const auto comm = comm::make_tensor_comm(world, at::kCPU);
    warm_up(settings, *comm);
    const auto plan = train::plan_memory(question_of(settings, world.size(), train::resident_bytes()));
    forget_most();
    train_some(settings, *comm);
    const auto most = static_cast<double>(train::most_resident_bytes());
    if (world.rank() == 0 && settings["plan"] != 0) std::cout << train::to_text(plan);
    for (int rank = 0; rank < world.size(); ++rank) {
        world.barrier();
        if (rank == world.rank())
            std::cout << fmt::format("rank {} of {}: {:.0f} MB at most, planned {:.0f} MB ({:+.1f} %)\n",
                                     rank, world.size(), most / 1e6, plan.total() / 1e6,
                                     100 * (plan.total() / most - 1))
                      << std::flush;
    }
}
