// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/projector.hpp>

#include <ATen/ops/isfinite.h>
#include <fmt/format.h>

#include <map>
#include <regex>

#include <lvr/core/error.hpp>

namespace lvr::nn {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& problem) {
    throw core::input_error(where + ": " + problem,
                            "it is not a projector of linear maps with GELU in between",
                            "name a projector.safetensors of lvr-train or an mm_projector.bin of LLaVA");
}

/// Place in the chain (a lone linear map is number 0) -> "weight" or "bias" -> name in the file.
using Places = std::map<int, std::map<std::string, std::string>>;

Places places_of(const weights::Checkpoint& checkpoint, const std::string& where) {
    const std::regex pattern(R"((?:.*mm_projector\.|)(?:(\d{1,3})\.)?(weight|bias))");
    Places places;
    for (const auto& [name, info] : checkpoint.tensors()) {
        if (name.ends_with("embed_tokens.weight"))
            continue;  // LLaVA saves it too where it trained image markers
        std::smatch match;
        if (!std::regex_match(name, match, pattern)) fail(where, "holds the tensor " + name);
        const int place = match[1].matched ? std::stoi(match[1]) : 0;
        if (!places[place].emplace(match[2], name).second) fail(where, "holds two tensors for " + name);
    }
    if (places.empty()) fail(where, "holds no tensors");
    return places;
}

at::Tensor read(const weights::Checkpoint& checkpoint, const std::string& name, const std::string& where,
                std::int64_t dimensions) {
    auto tensor = checkpoint.read(name);
    if (tensor.dim() != dimensions || !tensor.is_floating_point())
        fail(where, fmt::format("{} is not a {}", name, dimensions == 2 ? "matrix" : "vector"));
    if (!at::isfinite(tensor).all().item<bool>()) fail(where, name + " has values that are not finite");
    return tensor;
}

}  // namespace

Projector read_projector(const weights::Checkpoint& checkpoint, const std::string& where,
                         at::ScalarType dtype, at::Device device) {
    Projector projector;
    int expected = 0;  // the odd places are GELUs
    for (const auto& [place, names] : places_of(checkpoint, where)) {
        if (place != expected || !names.contains("weight"))
            fail(where, fmt::format("the weight of layer {} is missing", expected));
        expected += 2;
        Linear layer{read(checkpoint, names.at("weight"), where, 2).to(device, dtype, false, true), {}};
        if (names.contains("bias"))
            layer.bias_O = read(checkpoint, names.at("bias"), where, 1).to(device, dtype, false, true);
        const auto out = layer.weight_OI.size(0), in = layer.weight_OI.size(1);
        const bool fits = out > 0 && in > 0 && (!layer.bias_O.defined() || layer.bias_O.size(0) == out) &&
                          (projector.layers.empty() || projector.channels() == in);
        if (!fits) fail(where, fmt::format("the shapes of layer {} do not fit", place));
        projector.layers.push_back(std::move(layer));
    }
    return projector;
}

at::Tensor apply(const Projector& projector, const at::Tensor& features_BTD) {
    at::Tensor x = features_BTD;
    for (std::size_t i = 0; i < projector.layers.size(); ++i) {
        if (i > 0) x = activate(Activation::gelu, std::move(x));
        x = apply(projector.layers[i], x);
    }
    return x;
}

}  // namespace lvr::nn
