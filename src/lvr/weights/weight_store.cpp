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
    auto found = tensors_.extract(name);
    core::ensure(!found.empty(), ("there is no weight " + name + " to take").c_str());
    return std::move(found.mapped());
}

}  // namespace lvr::weights
