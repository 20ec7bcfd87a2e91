// SPDX-License-Identifier: Apache-2.0
// train_step kept|recomputed BATCH LENGTH THREADS: updates of a 100 M-parameter LLaMA with random weights, as
// lvr-train makes them: forward, backward, AdamW in float32. For each line on stdin one of them; says how
// many seconds it took, and of all cores, its loss, and the highest memory of the process so far (VmHWM,
// kiB). Driven by train_step.py, which times transformers in turn with it.
#include <ATen/Parallel.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>

#include <lvr/train/sharded_optimizer.hpp>
#include <lvr/vlm/mllm.hpp>

using namespace lvr;

namespace {

nn::LlamaConfig config() {
    nn::LlamaConfig config{.width = 640, .mlp_width = 1728, .layers = 12, .heads = 10, .kv_heads = 10};
    config.head_width = 64;
    config.vocabulary = 32000;
    config.max_positions = 2048;
    config.eps = 1e-5;
    return config;
}

weights::WeightStore random_weights() {
    weights::WeightStore llm;
    for (const auto& [name, shape] : nn::llama_shapes(config()))
        llm.put(name, shape.size() == 1 ? at::ones(shape) : at::randn(shape).mul_(0.02));
    const nn::Projector projector{{{at::randn({640, 8}).mul_(0.02), at::ones({640})}}};
    return vlm::mllm_store(llm, projector);
}

long highest_memory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
    return 0;
}

std::vector<vlm::Tokens> random_batch(std::int64_t samples, std::int64_t length) {
    std::vector<vlm::Tokens> batch;
    for (std::int64_t i = 0; i < samples; ++i) {
        const auto ids = at::randint(0, config().vocabulary, {length}, at::kLong);
        const auto* const first = ids.const_data_ptr<std::int64_t>();
        batch.push_back({{first, first + length}, {first, first + length}});
    }
    return batch;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    const vlm::ForwardOptions how = {.activations = std::string(argv[1]) == "recomputed"
                                                        ? nn::Activations::recomputed
                                                        : nn::Activations::kept};
    const auto samples = std::stol(argv[2]), length = std::stol(argv[3]);
    at::set_num_threads(std::stoi(argv[4]));
    const auto comm = comm::make_tensor_comm(par::Comm(), at::kCPU);
    auto laid = [] {
        auto store = random_weights();
        const auto names = vlm::trained_names(config(), store, true);
        return train::lay_out(std::move(store), names, {});
    }();
    train::ShardedOptimizer optimizer(std::move(laid.buckets), *comm, {});
    const auto model = vlm::make_mllm(config(), laid.store);
    const std::vector<at::Tensor> none(static_cast<std::size_t>(samples));
    std::cout << "ready\n" << std::flush;
    for (std::string line; std::getline(std::cin, line);) {
        const auto batch = random_batch(samples, length);
        const auto clock = std::clock();
        const auto start = std::chrono::steady_clock::now();
        optimizer.begin_backward(true);
        const auto loss = vlm::loss(model, batch, none, {}, how);
        loss.backward();
        optimizer.finish_backward();
        optimizer.update(1e-4);
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        const double processor = static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC;
        std::cout << fmt::format("{} {} {} {}\n", taken.count(), processor, loss.item<double>(),
                                 highest_memory())
                  << std::flush;
    }
}
