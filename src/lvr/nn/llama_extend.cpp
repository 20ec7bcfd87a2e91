// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/arange.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <optional>

#include <lvr/core/error.hpp>
#include <lvr/kernels/decoder_rows.hpp>
#include <lvr/nn/kv_cache.hpp>
#include <lvr/nn/row_layers.hpp>

namespace lvr::nn {
namespace {

/// Attention over the cache, of block after block.
class CacheAttention {
  public:
    virtual ~CacheAttention() = default;
    /// Stores keys and values, and mixes the values for the queries. @return [wanted, N H]
    virtual at::Tensor mix(const at::Tensor& qkv, const KvCache::Block& block, Wanted wanted) const = 0;
};

/// float32 on the CPU.
class IndependentRows : public CacheAttention {
  public:
    IndependentRows(std::span<const Extension> extensions, const KvCache& cache)
        : rotation_(cache.rotation_CH) {
        for (const auto& [row, count] : extensions)
            spans_.push_back({row, cache.lengths.at(static_cast<std::size_t>(row)), count});
    }

    at::Tensor mix(const at::Tensor& qkv, const KvCache::Block& block, Wanted wanted) const override {
        const kernels::CacheBlock memory = {block.keys_RKCH, block.values_RKCH};
        kernels::store_in_cache(qkv, rotation_.cosine, rotation_.sine, spans_, memory);
        return kernels::attend_cache(qkv, spans_, memory, wanted == Wanted::last);
    }

  private:
    std::vector<kernels::RowSpan> spans_;
    const Rotation& rotation_;
};

/// Queries, keys and values of M positions, turned. @return [M, N, H], [M, K, H], [M, K, H]
std::vector<at::Tensor> turned(const at::Tensor& qkv, std::int64_t kv_heads, std::int64_t width,
                               const Rotation& rotation_1M1H) {
    const auto all = qkv.view({1, qkv.size(0), -1, width});
    const auto heads = all.size(2) - 2 * kv_heads;
    const auto parts = all.split_with_sizes({heads + kv_heads, kv_heads}, 2);
    const auto turned = rotate(parts[0], rotation_1M1H)[0].split_with_sizes({heads, kv_heads}, 1);
    return {turned[0], turned[1], parts[1][0]};
}

/// A whole prompt, alone in its row: LibTorch's causal attention.
class Prompt : public CacheAttention {
  public:
    Prompt(const Extension& extension, const KvCache& cache) : extension_(extension) {
        const auto of = [&](const at::Tensor& x) {
            return x.narrow(0, 0, extension.count).unsqueeze(0).unsqueeze(2);
        };
        rotation_ = {of(cache.rotation_CH.cosine), of(cache.rotation_CH.sine)};
    }

    at::Tensor mix(const at::Tensor& qkv, const KvCache::Block& block, Wanted wanted) const override {
        const auto kv_heads = block.keys_RKCH.size(1), width = block.keys_RKCH.size(3),
                   count = extension_.count;
        const auto parts = turned(qkv, kv_heads, width, rotation_);
        const auto keep = [&](const at::Tensor& memory, const at::Tensor& x_MKH) {
            memory[extension_.row].narrow(1, 0, count).copy_(x_MKH.transpose(0, 1));
            // Whoever had the row before may have left what is no number, which a weight of zero does not
            // hide.
            memory[extension_.row].narrow(1, count, memory.size(2) - count).zero_();
        };
        keep(block.keys_RKCH, parts[1]);
        keep(block.values_RKCH, parts[2]);
        const bool all = wanted == Wanted::all;
        const auto q_MNH = all ? parts[0] : parts[0].narrow(0, count - 1, 1);
        const auto repeated = [&](const at::Tensor& x_MKH) {
            const auto times = q_MNH.size(1) / kv_heads;
            return (times > 1 ? x_MKH.repeat_interleave(times, 1) : x_MKH).transpose(0, 1).unsqueeze(0);
        };
        const auto mixed_1NMH =
            at::scaled_dot_product_attention(q_MNH.transpose(0, 1).unsqueeze(0), repeated(parts[1]),
                                             repeated(parts[2]), std::nullopt, 0.0, all);
        return mixed_1NMH[0].transpose(0, 1).reshape({q_MNH.size(0), -1});
    }

  private:
    Extension extension_;
    Rotation rotation_;
};

/// One position of each of the first R rows: at once, over as many positions as the longest has, the others'
/// masked.
class Step : public CacheAttention {
  public:
    Step(std::int64_t rows, const KvCache& cache) {
        constexpr std::int64_t k_multiple = 16;  // fused kernels want masks of aligned rows
        const auto options = cache.blocks.front().keys_RKCH.options();
        auto lengths = at::zeros({rows}, at::kLong);
        std::copy_n(cache.lengths.begin(), rows, lengths.mutable_data_ptr<std::int64_t>());
        const auto longest = *std::max_element(cache.lengths.begin(), cache.lengths.begin() + rows) + 1;
        positions_ = std::min(cache.capacity(), (longest + k_multiple - 1) / k_multiple * k_multiple);
        place_R_ = lengths.to(options.device());
        row_R_ = at::arange(rows, place_R_.options());
        const auto of = [&](const at::Tensor& x) {
            return x.index_select(0, place_R_).unsqueeze(0).unsqueeze(2);
        };
        rotation_ = {of(cache.rotation_CH.cosine), of(cache.rotation_CH.sine)};
        const auto unseen = at::arange(positions_, place_R_.options()).unsqueeze(0).gt(place_R_.unsqueeze(1));
        mask_R11C_ =
            at::zeros({rows, 1, 1, positions_}, options)
                .masked_fill_(unseen.unsqueeze(1).unsqueeze(1), -std::numeric_limits<double>::infinity());
    }

    at::Tensor mix(const at::Tensor& qkv, const KvCache::Block& block, Wanted) const override {
        const auto rows = qkv.size(0), kv_heads = block.keys_RKCH.size(1), width = block.keys_RKCH.size(3);
        const auto parts = turned(qkv, kv_heads, width, rotation_);
        const auto keep = [&](const at::Tensor& memory, const at::Tensor& x_RKH) {
            const c10::List<std::optional<at::Tensor>> where({row_R_, place_R_});
            memory.transpose(1, 2).index_put_(where, x_RKH);
        };
        keep(block.keys_RKCH, parts[1]);
        keep(block.values_RKCH, parts[2]);
        // The heads that share keys stand beside each other, as if they were positions: nothing is repeated.
        const auto q_RKGH = parts[0].reshape({rows, kv_heads, -1, width});
        const auto held = [&](const at::Tensor& x) { return x.narrow(0, 0, rows).narrow(2, 0, positions_); };
        const auto mask = mask_R11C_.expand({rows, kv_heads, q_RKGH.size(2), positions_});
        return at::scaled_dot_product_attention(q_RKGH, held(block.keys_RKCH), held(block.values_RKCH), mask)
            .reshape({rows, -1});
    }

  private:
    std::int64_t positions_ = 0;
    at::Tensor place_R_, row_R_, mask_R11C_;
    Rotation rotation_;
};

void check(std::span<const Extension> extensions, const KvCache& cache, std::int64_t given) {
    std::int64_t total = 0;
    for (std::size_t i = 0; i < extensions.size(); ++i) {
        const auto& [row, count] = extensions[i];
        const bool in_turn = count == 1 && row == static_cast<std::int64_t>(i);
        core::ensure(row >= 0 && row < std::ssize(cache.lengths), "an extension of a row of the cache");
        const auto length = cache.lengths[static_cast<std::size_t>(row)];
        core::ensure(count > 0 && (in_turn || (extensions.size() == 1 && length == 0)),
                     "one empty row, or one position of each");
        core::ensure(length + count <= cache.capacity(), "room in the cache");
        total += count;
    }
    core::ensure(total > 0 && total == given, "an embedding for each position");
}

std::unique_ptr<CacheAttention> attention_for(const at::Tensor& x, std::span<const Extension> extensions,
                                              const KvCache& cache) {
    if (are_rows_independent(x)) return std::make_unique<IndependentRows>(extensions, cache);
    const bool is_prompt = cache.lengths[static_cast<std::size_t>(extensions.front().row)] == 0;
    if (is_prompt && extensions.size() == 1) return std::make_unique<Prompt>(extensions.front(), cache);
    return std::make_unique<Step>(std::ssize(extensions), cache);
}

}  // namespace

at::Tensor llama_extend(const Llama& model, const at::Tensor& embeddings_MD,
                        std::span<const Extension> extensions, KvCache& cache, Wanted wanted) {
    check(extensions, cache, embeddings_MD.size(0));
    const auto attention = attention_for(embeddings_MD, extensions, cache);
    auto x_MD = embeddings_MD.clone();
    for (std::size_t i = 0; i < model.blocks.size(); ++i) {
        const auto& block = model.blocks[i];
        // Behind the last block nobody looks at the positions that are not wanted.
        const bool is_narrowed =
            i + 1 == model.blocks.size() && wanted == Wanted::last && extensions.size() == 1;
        const auto qkv = rows_through(block.attention.qkv, rows_through(block.norm1, x_MD));
        const auto mixed = attention->mix(qkv, cache.blocks[i], is_narrowed ? Wanted::last : Wanted::all);
        if (is_narrowed) x_MD = x_MD.narrow(0, x_MD.size(0) - 1, 1);
        add_rows_through(x_MD, block.attention.out, mixed);
        const auto gated = gated_rows(rows_through(block.mlp.up, rows_through(block.norm2, x_MD)));
        add_rows_through(x_MD, block.mlp.down, gated);
    }
    for (const auto& [row, count] : extensions) cache.lengths[static_cast<std::size_t>(row)] += count;
    return rows_through(model.norm, x_MD);
}

}  // namespace lvr::nn
