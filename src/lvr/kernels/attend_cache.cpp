// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/kernels/decoder_loops.hpp>
#include <lvr/kernels/decoder_rows.hpp>
#include <lvr/kernels/team.hpp>

namespace lvr::kernels {
namespace {

constexpr std::int64_t k_queries = 24;        // of one head at a time: their scores stay in the cache
constexpr std::int64_t k_grain = 256 * 1024;  // multiplications that are worth a thread's while

/// Where things lie in q, k, v side by side and in a block of the cache.
struct Layout {
    Layout(const at::Tensor& qkv, const CacheBlock& cache)
        : kv_heads(cache.keys_RKCH.size(1)),
          width(cache.keys_RKCH.size(3)),
          heads(qkv.size(1) / width - 2 * kv_heads),
          stride(qkv.stride(0)),
          of_position(cache.keys_RKCH.stride(2)),
          of_head(cache.keys_RKCH.stride(1)),
          of_row(cache.keys_RKCH.stride(0)) {
        core::ensure(qkv.is_cpu() && cache.keys_RKCH.is_cpu() && of_position == width &&
                         cache.values_RKCH.strides() == cache.keys_RKCH.strides() && heads > 0 &&
                         heads % kv_heads == 0,
                     "a cache of the model's shape");
    }
    std::int64_t head_begin(std::int64_t row, std::int64_t kv_head) const {
        return row * of_row + kv_head * of_head;
    }
    std::int64_t kv_heads, width, heads, stride, of_position, of_head, of_row;
};

/// One row of a batch: which of the cache, and its place there.
struct Place {
    std::int64_t row = 0, position = 0;
};

std::vector<Place> places_of(std::span<const RowSpan> spans, std::int64_t capacity) {
    std::vector<Place> places;
    for (const auto& span : spans) {
        core::ensure(span.held >= 0 && span.count > 0 && span.held + span.count <= capacity,
                     "room in the cache");
        for (std::int64_t i = 0; i < span.count; ++i) places.push_back({span.row, span.held + i});
    }
    return places;
}

void turn(float* x, const float* cosine, const float* sine, std::int64_t half, float* to) {
    for (std::int64_t i = 0; i < half; ++i) {
        const float a = x[i], b = x[i + half];
        to[i] = a * cosine[i] - b * sine[i];
        to[i + half] = b * cosine[i] + a * sine[i];
    }
}

/// Some queries of one head.
struct Task {
    std::size_t span;
    std::int64_t first, count;  ///< of the span's rows
    std::int64_t from, to;      ///< rows of the batch and of the result
    std::int64_t head;
};

std::vector<Task> tasks_of(std::span<const RowSpan> spans, std::int64_t heads, bool is_last) {
    std::vector<Task> tasks;
    std::int64_t from = 0, to = 0;
    for (std::size_t s = 0; s < spans.size(); ++s) {
        const auto count = spans[s].count, begin = is_last ? count - 1 : 0;
        for (std::int64_t head = 0; head < heads; ++head)
            for (auto first = begin; first < count; first += k_queries)
                tasks.push_back(
                    {s, first, std::min(k_queries, count - first), from + first, to + first - begin, head});
        from += count;
        to += count - begin;
    }
    // What takes longest comes first, so that no thread is left with it at the end.
    std::ranges::stable_sort(tasks, std::greater<>(), [&](const Task& one) {
        return one.count * (spans[one.span].held + one.first + one.count);
    });
    return tasks;
}

}  // namespace

void store_in_cache(const at::Tensor& qkv, const at::Tensor& cosine, const at::Tensor& sine,
                    std::span<const RowSpan> spans, const CacheBlock& cache) {
    const Layout at(qkv, cache);
    const auto places = places_of(spans, std::min(cache.keys_RKCH.size(2), cosine.size(0)));
    core::ensure(std::ssize(places) == qkv.size(0), "a row for each position");
    const auto half = at.width / 2;
    const auto *cosines = cosine.const_data_ptr<float>(), *sines = sine.const_data_ptr<float>();
    auto *const rows = qkv.mutable_data_ptr<float>(), *const keys = cache.keys_RKCH.mutable_data_ptr<float>(),
                *const values = cache.values_RKCH.mutable_data_ptr<float>();
    const auto store = [&](std::int64_t begin, std::int64_t end) {
        for (auto i = begin; i < end; ++i) {
            const auto [row, position] = places[static_cast<std::size_t>(i)];
            const auto *const c = cosines + position * half, *const s = sines + position * half;
            float* const from = rows + i * at.stride;
            for (std::int64_t n = 0; n < at.heads; ++n)
                turn(from + n * at.width, c, s, half, from + n * at.width);
            for (std::int64_t k = 0; k < at.kv_heads; ++k) {
                const auto to = at.head_begin(row, k) + position * at.width;
                turn(from + (at.heads + k) * at.width, c, s, half, keys + to);
                std::copy_n(from + (at.heads + at.kv_heads + k) * at.width, at.width, values + to);
            }
        }
    };
    share_out(qkv.size(0), std::max<std::int64_t>(1, k_grain / (4 * qkv.size(1))), store);
}

at::Tensor attend_cache(const at::Tensor& qkv, std::span<const RowSpan> spans, const CacheBlock& cache,
                        bool is_last) {
    const Layout at(qkv, cache);
    const auto tasks = tasks_of(spans, at.heads, is_last);
    const auto rows = is_last ? std::ssize(spans) : qkv.size(0);
    const auto result = at::empty({rows, at.heads * at.width}, qkv.options());
    auto* const out = result.mutable_data_ptr<float>();
    const auto *const queries = qkv.const_data_ptr<float>(),
                      *const keys = cache.keys_RKCH.const_data_ptr<float>(),
                      *const values = cache.values_RKCH.const_data_ptr<float>();
    const auto attend = [&](std::int64_t begin, std::int64_t end) {
        thread_local std::vector<float> scores;
        for (auto i = begin; i < end; ++i) {
            const auto& task = tasks[static_cast<std::size_t>(i)];
            const auto& span = spans[task.span];
            const auto seen = span.held + task.first + 1;
            const auto needed = static_cast<std::size_t>(task.count * score_stride(seen + task.count - 1));
            if (scores.size() < needed) scores.resize(needed);
            const auto begins = at.head_begin(span.row, task.head / (at.heads / at.kv_heads));
            decoder_loops().attend({queries + task.from * at.stride + task.head * at.width, at.stride,
                                    task.count, keys + begins, values + begins, at.width, seen,
                                    1 / std::sqrt(static_cast<float>(at.width)),
                                    out + task.to * at.heads * at.width + task.head * at.width,
                                    at.heads * at.width, scores.data()});
        }
    };
    std::int64_t all = 0;  // multiplications
    for (const auto& task : tasks)
        all += task.count * (spans[task.span].held + task.first + task.count) * at.width;
    const auto usual = std::max<std::int64_t>(1, all / std::max<std::int64_t>(1, std::ssize(tasks)));
    share_out(std::ssize(tasks), std::max<std::int64_t>(1, k_grain / usual), attend);
    return result;
}

}  // namespace lvr::kernels
