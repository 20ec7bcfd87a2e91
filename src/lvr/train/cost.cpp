// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/cost.hpp>

#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include <lvr/kernels/device.hpp>

namespace lvr::train {
namespace {

/// TFLOP/s of dense products, from NVIDIA's data sheets (H100: of 2023, H200: 2024, A100: 2021, L40S: 2023,
/// RTX A6000: 2021), where those with sparsity are halved. The first name that is part of the device's
/// counts.
struct Published {
    std::string_view name;
    double bfloat16, float32;
};
constexpr std::array k_published = {
    Published{"H100 PCIe", 756, 51.2},   Published{"H100 NVL", 835.5, 60}, Published{"H100", 989.4, 66.9},
    Published{"H200", 989.4, 66.9},      Published{"A100", 312, 19.5},     Published{"L40S", 362.05, 91.6},
    Published{"RTX A6000", 154.8, 38.7},
};

/// Blocks' linear maps without biases.
double block_weights(const nn::LlamaConfig& llm) {
    const auto qkv = llm.width * (llm.heads + 2 * llm.kv_heads) * llm.head_width;
    const auto out = llm.heads * llm.head_width * llm.width;
    return static_cast<double>(llm.layers) * static_cast<double>(qkv + out + 3 * llm.width * llm.mlp_width);
}

double product_seconds(const at::Tensor& a, const at::Tensor& b) {
    const auto start = std::chrono::steady_clock::now();
    at::mm(a, b)[0][0].item<float>();  // waits for the device
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double measured_rate(const at::Device& device, at::ScalarType dtype) {
    const std::int64_t side = device.is_cpu() ? 1024 : 8192;
    const auto operand = at::ones({side, side}, at::TensorOptions(dtype).device(device));
    double best = product_seconds(operand, operand), spent = best;
    for (int i = 0; i < 10 && spent < 1; ++i) {
        const double seconds = product_seconds(operand, operand);
        best = std::min(best, seconds);
        spent += seconds;
    }
    const auto n = static_cast<double>(side);
    return 2 * n * n * n / std::max(best, 1e-9);
}

std::string rate_text(double flops_per_second) {
    return flops_per_second >= 1e12 ? fmt::format("{:.1f} TFLOP/s", flops_per_second / 1e12)
                                    : fmt::format("{:.1f} GFLOP/s", flops_per_second / 1e9);
}

}  // namespace

void Work::add_sample(std::int64_t positions, std::int64_t labels_of_it, std::int64_t image_tokens_of_it) {
    tokens += positions;
    pairs += positions * (positions + 1) / 2;
    labels += labels_of_it;
    image_tokens += image_tokens_of_it;
}

Work& Work::operator+=(const Work& more) {
    tokens += more.tokens;
    pairs += more.pairs;
    labels += more.labels;
    image_tokens += more.image_tokens;
    return *this;
}

double training_flops(const nn::LlamaConfig& llm, std::int64_t projector_weights, const Work& work,
                      bool trains_llm) {
    const double linear = 2 * static_cast<double>(work.tokens) * block_weights(llm) +
                          2 * static_cast<double>(work.labels) * static_cast<double>(llm.vocabulary) *
                              static_cast<double>(llm.width);
    const double attention =
        4 * static_cast<double>(work.pairs) * static_cast<double>(llm.layers * llm.heads * llm.head_width);
    const double projector =
        2 * static_cast<double>(work.image_tokens) * static_cast<double>(projector_weights);
    return (trains_llm ? 3 : 2) * linear + 3 * attention + 3 * projector;
}

std::optional<double> published_peak(std::string_view device, at::ScalarType dtype) {
    const bool is_half = dtype == at::kBFloat16 || dtype == at::kHalf;
    if (device.find("MIG") != std::string_view::npos || !(is_half || dtype == at::kFloat))
        return std::nullopt;
    const auto found = std::find_if(k_published.begin(), k_published.end(), [&](const Published& one) {
        return device.find(one.name) != std::string_view::npos;
    });
    if (found == k_published.end()) return std::nullopt;
    return 1e12 * (is_half ? found->bfloat16 : found->float32);
}

Peak peak_of(const at::Device& device, at::ScalarType dtype) {
    const std::string name = kernels::device_name(device),
                      type = dtype == at::kFloat ? "float32" : "bfloat16";
    if (const auto published = published_peak(name, dtype))
        return {*published, fmt::format("{} ({}, {}, published)", rate_text(*published), name, type)};
    const double rate = measured_rate(device, dtype);
    return {rate, fmt::format("{} ({}, {}, measured by a matrix product here)", rate_text(rate), name, type)};
}

}  // namespace lvr::train
