// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include <lvr/weights/weight_store.hpp>

namespace lvr::train {

/// A parameter's place in its bucket.
struct Slot {
    std::string name;
    std::int64_t offset = 0;  ///< elements from the bucket's beginning
    at::Tensor parameter;     ///< a leaf of autograd whose memory is the bucket's
};

/// Some parameters side by side in one piece of memory.
struct Bucket {
    at::Tensor values;  ///< [length], of which the last few may be padding
    std::vector<Slot> slots;

    std::int64_t length() const { return values.numel(); }
};

struct BucketSpec {
    std::int64_t parts = 1;                   ///< each bucket's length is a multiple: the number of ranks
    std::int64_t most_elements = 16'777'216;  ///< per bucket, unless one parameter has more
    at::ScalarType dtype = at::kFloat;        ///< of the parameters that the model computes with
    at::Device device = at::kCPU;
};

/// Parameters in their buckets, and the store that a model is made from: its trained tensors are leaves
/// within the buckets, the others have no gradients.
struct LaidOut {
    std::vector<Bucket> buckets;
    weights::WeightStore store;
};

/// So many elements with padding, so that ranks can share them evenly.
std::int64_t padded_length(std::int64_t elements, std::int64_t parts);

/// Which parameters share a bucket: their numbers, the last first. @param elements of each, in forward's
/// order
std::vector<std::vector<std::size_t>> bucket_groups(const std::vector<std::int64_t>& elements,
                                                    std::int64_t most_elements);

/// Lays parameters out in buckets, in the reverse order of `names`: backward reaches the last first. Tensors
/// that are not trained come along in the same dtype and on the same device.
/// @param from  each tensor leaves it as soon as its copy is made: where it is moved here, and nobody else
/// has them,
///              the weights are not in memory twice
/// @param names of those to be trained, each once, in the order in which forward uses them
/// @throws Error (internal) for a name that `from` has not
LaidOut lay_out(weights::WeightStore from, const std::vector<std::string>& names, const BucketSpec& spec);

}  // namespace lvr::train
