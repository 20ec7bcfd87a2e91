// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include <lvr/nn/llama.hpp>

namespace lvr::nn {

// Shapes: R sequences in progress, K key heads of H channels, C positions that there is room for, D channels,
// M positions that are computed at once.

/// Keys and values of sequences in progress, each as long as it is.
struct KvCache {
    struct Block {
        at::Tensor keys_RKCH, values_RKCH;
    };
    std::vector<Block> blocks;
    Rotation rotation_CH;               ///< of each position, [C, H / 2]
    std::vector<std::int64_t> lengths;  ///< positions that each row holds; 0: it is free

    std::int64_t capacity() const { return rotation_CH.cosine.size(0); }
};

/// For `rows` sequences, with room for none yet.
KvCache make_kv_cache(const Llama& model, std::int64_t rows);

/// Makes room for that many positions in each row, and some more; what is held stays.
void reserve(KvCache& cache, const Llama& model, std::int64_t positions);

/// What a row holds goes into another.
void move_row(KvCache& cache, std::int64_t from, std::int64_t to);

/// `count` positions that come behind what a row holds.
struct Extension {
    std::int64_t row = 0, count = 1;
};

enum class Wanted {
    last,  ///< of each extension the last position
    all
};

/// All blocks and the last norm over new positions, which see what their row holds and each other, nothing
/// ahead. In float32 on the CPU the same to the last bit whatever else is computed at once, and on however
/// many threads.
/// @param embeddings_MD of the extensions, one behind the other
/// @param extensions one, of an empty row; or one position each of the rows 0, 1, 2, ...
/// @return [M or extensions, D]
at::Tensor llama_extend(const Llama& model, const at::Tensor& embeddings_MD,
                        std::span<const Extension> extensions, KvCache& cache, Wanted wanted = Wanted::last);

}  // namespace lvr::nn
