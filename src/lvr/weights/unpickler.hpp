// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lvr::weights {

/// A tensor as a pickle of torch.save describes it: a part of a storage that lies elsewhere. Not checked yet.
struct PickledTensor {
    std::string storage;  ///< its key: the record data/KEY of the archive
    at::ScalarType dtype = at::ScalarType::Undefined;
    std::int64_t offset = 0;  ///< in elements
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
};

/// The dictionary of tensors that a pickle holds, or, if it holds other things too, the one in it called
/// state_dict, model or module. Nothing is ever executed: the pickle may name dictionaries, tensors,
/// parameters and storages, and anything else that it would run is refused.
/// @param what names the file in messages
/// @throws Error (input) if the pickle is damaged or holds anything else
std::map<std::string, PickledTensor> unpickle_tensors(std::string_view pickle, const std::string& what);

/// The one tensor that a pickle holds by itself, likewise. @throws Error (input) if it holds anything else
PickledTensor unpickle_bare_tensor(std::string_view pickle, const std::string& what);

}  // namespace lvr::weights
