// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/weight_store.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include <lvr/core/error.hpp>

namespace lvr::weights {

void WeightStore::put(const std::string& name, at::Tensor tensor) {
    core::ensure(tensor.defined(), ("the weight " + name + " is undefined").c_str());
    core::ensure(tensors_.emplace(name, std::move(tensor)).second, ("two weights called " + name).c_str());
}

at::Tensor WeightStore::get(const std::string& name, at::IntArrayRef shape) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end())
        throw core::input_error("the weights have no " + name, "the model needs it",
                                "take the checkpoint that belongs to this config.json");
    if (found->second.sizes() != shape)
        throw core::input_error(fmt::format("weight {} is [{}], the model needs [{}]", name,
                                            fmt::join(found->second.sizes(), ", "), fmt::join(shape, ", ")),
                                "", "take the checkpoint that belongs to this config.json");
    return found->second;
}

at::Tensor WeightStore::take(const std::string& name) {
    const auto found = tensors_.find(name);
    core::ensure(found != tensors_.end(), "a tensor that the store has");
    auto tensor = std::move(found->second);
    tensors_.erase(found);
    return tensor;
}

}  // namespace lvr::weights
