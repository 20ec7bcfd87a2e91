// SPDX-License-Identifier: Apache-2.0
// [scripts/mpirun.sh RANKS] zero_memory [--name value ...]: trains a random LLaMA for some updates and says
// how much memory each rank had at most (VmHWM, MB) beside what train::plan_memory says. Names and defaults:
// see Settings.
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include <lvr/nn/causal_loss.hpp>
#include <lvr/nn/llama.hpp>
#include <lvr/par/session.hpp>
#include <lvr/train/memory_plan.hpp>
#include <lvr/train/sharded_optimizer.hpp>

using namespace lvr;

namespace {

struct Settings {
    std::map<std::string, std::int64_t> values = {
        {"width", 768},        {"mlp", 2048},  {"layers", 10},  {"heads", 12},          {"kv-heads", 12},
        {"vocabulary", 16000}, {"zero", 2},    {"batch", 1},    {"length", 256},        {"labels", 128},
        {"backwards", 1},      {"updates", 3}, {"bfloat16", 0}, {"bucket", 16'777'216}, {"stage", 2},
        {"tied", 0},           {"phases", 0}};

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

train::LaidOut random_model(const nn::LlamaConfig& config, const train::BucketSpec& layout, bool is_trained) {
    weights::WeightStore store;
    std::vector<std::string> names;
    for (const auto& [name, shape] : nn::llama_shapes(config)) {
        store.put(name, at::randn(shape, at::kFloat).mul_(0.02).to(layout.dtype));
        names.push_back(name);
    }
    if (!is_trained) names = {"norm.weight"};
    std::stable_sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
        const auto place = [](const std::string& x) {
            return x.starts_with("emb") ? 0 : x.starts_with("blocks") ? 1 : x.starts_with("norm") ? 2 : 3;
        };
        return place(a) < place(b);
    });
    return train::lay_out(store, names, layout);
}

void say(const Settings& s, const char* what) {
    if (s["phases"] == 0) return;
    std::cerr << fmt::format("  {:28} most {:6.0f} MB, now {:6.0f} MB\n", what, status_mb("VmHWM"),
                             status_mb("VmRSS"));
    forget_most();
}

void train_some(const Settings& s, const nn::LlamaConfig& config, const comm::TensorComm& comm_const) {
    auto& comm = const_cast<comm::TensorComm&>(comm_const);
    const auto dtype = s["bfloat16"] != 0 ? at::kBFloat16 : at::kFloat;
    auto laid = random_model(config, {.parts = comm.size(), .most_elements = s["bucket"], .dtype = dtype},
                             s["stage"] == 2);
    const auto model = nn::make_llama(config, laid.store);
    say(s, "weights");
    train::ShardedOptimizer optimizer(std::move(laid.buckets), comm,
                                      {.zero = static_cast<train::ZeroStage>(s["zero"])});
    say(s, "optimizer");
    for (std::int64_t update = 0; update < s["updates"]; ++update) {
        for (std::int64_t i = 0; i < s["backwards"]; ++i) {
            const auto ids = at::randint(0, config.vocabulary, {s["batch"], s["length"]}, at::kLong);
            auto labels = ids.clone();
            labels.narrow(1, 0, s["length"] - s["labels"] / s["batch"]).fill_(nn::k_ignored_label);
            auto embedded = nn::embed(model, ids);
            if (!embedded.requires_grad()) embedded = embedded.detach().requires_grad_(true);
            const auto hidden = nn::llama_forward(model, embedded);
            say(s, "forward");
            const auto loss = nn::causal_lm_loss(hidden, model.head_VD, labels);
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

}  // namespace

int main(int argc, char** argv) {
    const Settings settings = read(argc, argv);
    const par::Session session;
    const auto world = session.world();
    at::set_num_threads(1);
    const auto comm = comm::make_tensor_comm(world, at::kCPU);
    const auto config = config_of(settings);
    {
        Settings small = settings;
        small.values["length"] = 16, small.values["labels"] = 8, small.values["batch"] = 1,
        small.values["phases"] = 0;
        train_some(small,
                   {.width = 64,
                    .mlp_width = 128,
                    .layers = 1,
                    .heads = 4,
                    .kv_heads = 4,
                    .head_width = 16,
                    .vocabulary = 64,
                    .max_positions = 64,
                    .eps = 1e-5},
                   *comm);
    }
    const double process = status_mb("VmRSS");
    forget_most();
    train_some(settings, config, *comm);
    const double most = status_mb("VmHWM");
    for (int rank = 0; rank < world.size(); ++rank) {
        world.barrier();
        if (rank == world.rank())
            std::cout << fmt::format("rank {} of {}: most {:.0f} MB, process {:.0f} MB\n", rank, world.size(),
                                     most, process)
                      << std::flush;
    }
}
