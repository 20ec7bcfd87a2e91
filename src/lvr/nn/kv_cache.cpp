// SPDX-License-Identifier: Apache-2.0
#include <lvr/nn/kv_cache.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include <lvr/core/error.hpp>
#include <lvr/nn/row_layers.hpp>

namespace lvr::nn {
namespace {

constexpr std::int64_t k_step = 64;  // of the capacity

/// One number after another: LibTorch's vectors round otherwise than what is left over at their end.
Rotation rotations(const Llama& model, std::int64_t capacity) {
    const auto frequencies = model.frequencies_H2.cpu().to(at::kFloat).contiguous();
    const auto half = frequencies.size(0);
    const auto cosine = at::empty({capacity, half}, at::kFloat),
               sine = at::empty({capacity, half}, at::kFloat);
    auto *const cosines = cosine.mutable_data_ptr<float>(), *const sines = sine.mutable_data_ptr<float>();
    const auto* const turns = frequencies.const_data_ptr<float>();
    for (std::int64_t position = 0; position < capacity; ++position)
        for (std::int64_t i = 0; i < half; ++i) {
            const float angle = static_cast<float>(position) * turns[i];
            cosines[position * half + i] = std::cos(angle);
            sines[position * half + i] = std::sin(angle);
        }
    const auto options = model.embedding_VD.options();
    return {cosine.to(options), sine.to(options)};
}

/// Zeros: what lies behind a sequence's end has no weight, but must be a number.
at::Tensor enlarged(const at::Tensor& old_RKCH, std::int64_t capacity,
                    const std::vector<std::int64_t>& lengths) {
    auto sizes = old_RKCH.sizes().vec();
    sizes[2] = capacity;
    auto grown = at::zeros(sizes, old_RKCH.options());
    for (std::size_t row = 0; row < lengths.size(); ++row) {
        if (lengths[row] == 0) continue;
        const auto held = [&](const at::Tensor& x) {
            return x[static_cast<std::int64_t>(row)].narrow(1, 0, lengths[row]);
        };
        held(grown).copy_(held(old_RKCH));
    }
    return grown;
}

}  // namespace

KvCache make_kv_cache(const Llama& model, std::int64_t rows) {
    core::ensure(rows > 0, "a cache of some rows");
    KvCache cache;
    const auto empty = [&] {
        return at::zeros({rows, model.config.kv_heads, 0, model.config.head_width},
                         model.embedding_VD.options());
    };
    for (std::size_t i = 0; i < model.blocks.size(); ++i) cache.blocks.push_back({empty(), empty()});
    cache.rotation_CH = rotations(model, 0);
    cache.lengths.assign(static_cast<std::size_t>(rows), 0);
    return cache;
}

void reserve(KvCache& cache, const Llama& model, std::int64_t positions) {
    if (positions <= cache.capacity()) return;
    const auto more = std::max(positions, cache.capacity() * 3 / 2);
    const auto capacity = (more + k_step - 1) / k_step * k_step;
    for (auto& block : cache.blocks) {
        block.keys_RKCH = enlarged(block.keys_RKCH, capacity, cache.lengths);
        block.values_RKCH = enlarged(block.values_RKCH, capacity, cache.lengths);
    }
    cache.rotation_CH = rotations(model, capacity);
}

void move_row(KvCache& cache, std::int64_t from, std::int64_t to) {
    auto& length = cache.lengths.at(static_cast<std::size_t>(from));
    for (const auto& block : cache.blocks)
        for (const auto* const tensor : {&block.keys_RKCH, &block.values_RKCH}) {
            (*tensor)[to].narrow(1, 0, length).copy_((*tensor)[from].narrow(1, 0, length));
            (*tensor)[to].narrow(1, length, cache.capacity() - length).zero_();
        }
    cache.lengths.at(static_cast<std::size_t>(to)) = length;
    length = 0;
}

}  // namespace lvr::nn
