// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/parameter_buckets.hpp>

#include <ATen/ops/zeros.h>

#include <set>

#include <lvr/core/error.hpp>

namespace lvr::train {
namespace {

/// The names of one bucket after the other.
std::vector<std::vector<std::string>> divided(const weights::WeightStore& from,
                                              const std::vector<std::string>& names, std::int64_t most) {
    std::vector<std::vector<std::string>> groups;
    std::int64_t length = 0;
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
        const auto found = from.all().find(*name);
        core::ensure(found != from.all().end(), "a parameter to train is not in the store");
        const auto elements = found->second.numel();
        if (groups.empty() || (length > 0 && length + elements > most)) {
            groups.emplace_back();
            length = 0;
        }
        groups.back().push_back(*name);
        length += elements;
    }
    return groups;
}

/// Each tensor goes once it is copied, so that the model is not held twice.
Bucket filled(weights::WeightStore& from, const std::vector<std::string>& names, const BucketSpec& spec) {
    Bucket bucket;
    std::int64_t length = 0;
    for (const auto& name : names) {
        bucket.slots.push_back({name, length, {}});
        length += from.all().at(name).numel();
    }
    length = (length + spec.parts - 1) / spec.parts * spec.parts;
    bucket.values = at::zeros({length}, at::TensorOptions().dtype(spec.dtype).device(spec.device));
    for (auto& slot : bucket.slots) {
        const at::Tensor source = from.take(slot.name);
        const auto place = bucket.values.narrow(0, slot.offset, source.numel()).view(source.sizes());
        place.copy_(source.detach());
        slot.parameter = place.detach().requires_grad_(true);
    }
    return bucket;
}

}  // namespace

LaidOut lay_out(weights::WeightStore from, const std::vector<std::string>& names, const BucketSpec& spec) {
    LaidOut result;
    core::ensure(std::set(names.begin(), names.end()).size() == names.size(),
                 "a parameter to train is named twice");
    for (const auto& group : divided(from, names, spec.most_elements))
        result.buckets.push_back(filled(from, group, spec));
    for (const auto& bucket : result.buckets)
        for (const auto& slot : bucket.slots) result.store.put(slot.name, slot.parameter);
    for (const auto& [name, tensor] : from.all())
        result.store.put(name, tensor.detach().to(spec.device, spec.dtype));
    return result;
}

}  // namespace lvr::train
