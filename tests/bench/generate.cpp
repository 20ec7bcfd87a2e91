// SPDX-License-Identifier: Apache-2.0
// generate SHAPE BATCH PROMPT THREADS [DEVICE DTYPE]: greedy answers of a language model with random weights,
// as lvr-eval makes them. SHAPE: tiny (of the tests), 100m or 7b. For each line NEW on stdin: BATCH random
// prompts of PROMPT ids are answered with NEW ids each; says how many seconds it took, and of all cores. A
// line 0: how many bytes a second the device copies. Driven by generate.py, which times transformers in turn
// with it.
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <iostream>
#include <string>

#include <lvr/vlm/generate.hpp>

using namespace lvr;

namespace {

nn::LlamaConfig config_of(const std::string& shape) {
    nn::LlamaConfig config;
    config.eps = 1e-5;
    if (shape == "tiny") {
        config.width = 32, config.mlp_width = 40, config.layers = 2, config.heads = 4, config.kv_heads = 2;
        config.head_width = 8, config.vocabulary = 60;
    } else if (shape == "100m") {
        config.width = 640, config.mlp_width = 1728, config.layers = 12, config.heads = config.kv_heads = 10;
        config.head_width = 64, config.vocabulary = 32000;
    } else {
        config.width = 4096, config.mlp_width = 11008, config.layers = 32;
        config.heads = config.kv_heads = 32, config.head_width = 128, config.vocabulary = 32000;
    }
    config.max_positions = 4096;
    return config;
}

vlm::Mllm random_model(const nn::LlamaConfig& config, const at::TensorOptions& options) {
    weights::WeightStore llm;
    for (const auto& [name, shape] : nn::llama_shapes(config))
        llm.put(name, shape.size() == 1 ? at::ones(shape, options) : at::randn(shape, options).mul_(0.02));
    const nn::Projector projector{
        {{at::randn({config.width, 8}, options), at::ones({config.width}, options)}}};
    return vlm::make_mllm(config, vlm::mllm_store(llm, projector));
}

std::vector<vlm::Question> random_questions(std::int64_t count, std::int64_t length, std::int64_t most,
                                            std::int64_t vocabulary) {
    std::vector<vlm::Question> questions;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto ids = at::randint(0, vocabulary, {length}, at::kLong);
        const auto* const first = ids.const_data_ptr<std::int64_t>();
        questions.push_back({{first, first + length}, {}, most});
    }
    return questions;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Read and written, over the best of some copies of 1 GiB.
double bytes_per_second(const at::TensorOptions& options) {
    const auto from = at::ones({1 << 28}, options.dtype(at::kFloat));
    auto to = at::empty({1 << 28}, from.options());
    double best = 0;
    for (int i = 0; i < 10; ++i) {
        to[0].item<float>();
        const auto start = std::chrono::steady_clock::now();
        to.copy_(from);
        to[0].item<float>();
        best = std::max(best, 2.0 * (1LL << 30) / seconds_since(start));
    }
    return best;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) return 2;
    const auto config = config_of(argv[1]);
    const auto batch = std::stol(argv[2]), length = std::stol(argv[3]);
    at::set_num_threads(std::stoi(argv[4]));
    const auto device = at::Device(argc > 5 ? argv[5] : "cpu");
    const bool is_half = argc > 6 && std::string(argv[6]) == "bfloat16";
    const auto options = at::TensorOptions(is_half ? at::kBFloat16 : at::kFloat).device(device);
    const auto model = random_model(config, options);
    std::cout << "ready\n" << std::flush;
    for (std::string line; std::getline(std::cin, line);) {
        const auto most = std::stol(line);
        if (most == 0) {
            std::cout << fmt::format("{} 0\n", bytes_per_second(options)) << std::flush;
            continue;
        }
        const auto questions = random_questions(batch, length, most, config.vocabulary);
        const auto clock = std::clock();
        const auto start = std::chrono::steady_clock::now();
        const auto answers = vlm::answer(model, questions, {.batch = batch});
        const auto taken = seconds_since(start);
        const double processor = static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC;
        for (const auto& one : answers)
            if (std::ssize(one.ids) != most) return 1;
        std::cout << fmt::format("{} {}\n", taken, processor) << std::flush;
    }
}
