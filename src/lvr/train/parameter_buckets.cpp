// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/parameter_buckets.hpp>

#include <ATen/ops/zeros.h>

#include <set>

#include <lvr/core/error.hpp>

namespace lvr::train {
namespace {

Bucket filled(weights::WeightStore& from, const std::vector<std::string>& names, const BucketSpec& spec) {
    Bucket bucket;
    std::int64_t length = 0;
    for (const auto& name : names) {
        bucket.slots.push_back({name, length, {}});
        length += from.all().at(name).numel();
    }
    bucket.values = at::zeros({padded_length(length, spec.parts)},
                              at::TensorOptions().dtype(spec.dtype).device(spec.device));
    for (auto& slot : bucket.slots) {
        const at::Tensor source = from.take(slot.name);
        const auto place = bucket.values.narrow(0, slot.offset, source.numel()).view(source.sizes());
        place.copy_(source.detach());
        slot.parameter = place.detach().requires_grad_(true);
    }
    return bucket;
}

}  // namespace

std::int64_t padded_length(std::int64_t elements, std::int64_t parts) {
    return (elements + parts - 1) / parts * parts;
}

std::vector<std::vector<std::size_t>> bucket_groups(const std::vector<std::int64_t>& elements,
                                                    std::int64_t most_elements) {
    std::vector<std::vector<std::size_t>> groups;
    std::int64_t length = 0;
    for (std::size_t i = elements.size(); i-- > 0;) {
        if (groups.empty() || (length > 0 && length + elements[i] > most_elements)) {
            groups.emplace_back();
            length = 0;
        }
        groups.back().push_back(i);
        length += elements[i];
    }
    return groups;
}

LaidOut lay_out(weights::WeightStore from, const std::vector<std::string>& names, const BucketSpec& spec) {
    core::ensure(std::set<std::string>(names.begin(), names.end()).size() == names.size(),
                 "a parameter to train is named twice");
    std::vector<std::int64_t> elements;
    for (const auto& name : names) {
        core::ensure(from.has(name), "a parameter to train is not in the store");
        elements.push_back(from.all().at(name).numel());
    }
    LaidOut result;
    for (const auto& group : bucket_groups(elements, spec.most_elements)) {
        std::vector<std::string> members;
        for (const auto number : group) members.push_back(names[number]);
        result.buckets.push_back(filled(from, members, spec));
    }
    for (const auto& bucket : result.buckets)
        for (const auto& slot : bucket.slots) result.store.put(slot.name, slot.parameter);
    while (!from.all().empty()) {
        const std::string name = from.all().begin()->first;
        result.store.put(name, from.take(name).detach().to(spec.device, spec.dtype));
    }
    return result;
}

}  // namespace lvr::train
