// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace lvr::weights {

/// A model's tensors by their canonical names.
class WeightStore {
  public:
    /// @throws Error (internal) if there is one of that name
    void put(const std::string& name, at::Tensor tensor);

    bool has(const std::string& name) const { return tensors_.contains(name); }

    /// @throws Error (input) that names the tensor, and both shapes where they differ
    at::Tensor get(const std::string& name, at::IntArrayRef shape) const;

    /// Which the store has no longer. @throws Error (internal) if there is none of that name
    at::Tensor take(const std::string& name);

    const std::map<std::string, at::Tensor>& all() const { return tensors_; }

  private:
    std::map<std::string, at::Tensor> tensors_;
};

}  // namespace lvr::weights
