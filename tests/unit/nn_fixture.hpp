// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <lvr/nn/llama.hpp>
#include <lvr/weights/snapshot.hpp>

namespace lvr::test {

namespace fs = std::filesystem;

/// |ours - reference| / |reference|
inline double relative_error(const at::Tensor& ours, const at::Tensor& reference) {
    REQUIRE(ours.sizes() == reference.sizes());
    const auto wanted = reference.to(at::kDouble);
    const auto norm = at::linalg_vector_norm(wanted, 2).item<double>();
    REQUIRE(norm > 0);
    return at::linalg_vector_norm(ours.to(at::kDouble).sub(wanted), 2).item<double>() / norm;
}

/// A model of tests/golden/lm with what transformers computes with it (tests/reference/llama_lm.py).
struct GoldenModel {
    std::string name;
    weights::Snapshot snapshot;
    weights::Checkpoint expected;

    bool has(const std::string& key) const { return expected.tensors().contains(key); }
    at::Tensor read(const std::string& key) const { return expected.read(key); }
    nn::LlamaConfig config() const {
        return nn::read_llama_config(snapshot.config, (snapshot.folder / "config.json").string());
    }
    weights::WeightStore store(at::ScalarType dtype = at::kFloat) const {
        weights::LoadOptions options;
        options.dtype = dtype;
        return nn::load_llama(weights::Checkpoint::open(snapshot.folder), config(), options);
    }
    nn::Llama model() const { return nn::make_llama(config(), store()); }
};

inline const fs::path k_golden_models = fs::path(LVR_SOURCE_DIR) / "tests/golden/lm";

inline GoldenModel golden_model(const std::string& name) {
    const auto folder = k_golden_models / name;
    return {name, weights::open_snapshot(folder.string()),
            weights::Checkpoint::open(folder / "expected.safetensors")};
}

inline std::vector<GoldenModel> golden_models() {
    std::vector<GoldenModel> all;
    for (const auto& entry : fs::directory_iterator(k_golden_models))
        all.push_back(golden_model(entry.path().filename().string()));
    return all;
}

/// [B, L, V] -> [real positions, V]
inline at::Tensor at_tokens(const at::Tensor& all, const at::Tensor& mask_BL) {
    return all.flatten(0, 1).index_select(0, mask_BL.flatten().nonzero().squeeze(1));
}

}  // namespace lvr::test
