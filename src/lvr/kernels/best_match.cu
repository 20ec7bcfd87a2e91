// SPDX-License-Identifier: Apache-2.0
// The product x yT in half precision on tensor cores, a tile of 128 x 128 at a time, of which only each row's
// two largest values leave the chip; then the few candidates again in double.
#include <lvr/kernels/best_match_gpu.hpp>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_pipeline.h>
#include <mma.h>

#include <lvr/kernels/best_match_divisor.hpp>

namespace lvr::kernels {
namespace {

constexpr int k_warp = 32;
constexpr unsigned k_all_lanes = 0xffffffffU;
constexpr int k_threads = 256, k_warps = k_threads / k_warp;
constexpr float k_lowest = -3.0e38F;

__device__ double value_of(float value) { return value; }
__device__ double value_of(__half value) { return __half2float(value); }
__device__ double value_of(__nv_bfloat16 value) { return __bfloat162float(value); }

/// With lanes a warp's width apart summed before, this is the order of row_arithmetic.cpp: the same bits. (A
/// product of two floats is exact in double, so fused or not is all one.)
__device__ double sum_over_warp(double value) {
    for (int offset = k_warp / 2; offset > 0; offset /= 2)
        value += __shfl_xor_sync(k_all_lanes, value, offset);
    return value;
}

// A row's norm becomes 2^8 to 2^9: no element overflows half precision, and what underflows does not count.
constexpr int k_exponent = 8;

/// A warp per row.
template <class T>
__global__ void prepare(TokenRows rows) {
    const std::int64_t row = std::int64_t{blockIdx.x} * k_warps + threadIdx.x / k_warp;
    const int lane = threadIdx.x % k_warp;
    if (row >= rows.pairs * rows.count) return;
    const T* const token = static_cast<const T*>(rows.tokens) + row * rows.length;
    double squares = 0;
    for (std::int64_t c = lane; c < rows.length; c += k_warp)
        squares += value_of(token[c]) * value_of(token[c]);
    const double norm = sqrt(sum_over_warp(squares));
    const double divisor = divisor_of(norm);
    const bool is_usable = isfinite(norm) && norm > 0;
    const double scale = is_usable ? ldexp(1.0, k_exponent - ilogb(norm)) : 0;
    __half* const scaled = static_cast<__half*>(rows.halves) + row * rows.stride;
    for (std::int64_t c = lane; c < rows.stride; c += k_warp) {
        const bool is_there = is_usable && c < rows.length;
        scaled[c] = is_there ? __float2half_rn(static_cast<float>(value_of(token[c]) * scale)) : __half(0.0F);
    }
    if (lane == 0) {
        rows.divisors[row] = isfinite(norm) ? divisor : norm;
        rows.inverses[row] = is_usable ? static_cast<float>(1 / (divisor * scale)) : 0;
    }
}

constexpr int k_tile = BlockMaxima::k_block, k_depth = BlockMaxima::k_step;
constexpr int k_pitch = k_depth + 8;        // halves: rows of a stage start in different banks
constexpr int k_result_pitch = k_tile + 4;  // floats
constexpr int k_stages = 3;
constexpr int k_side = k_tile * k_pitch;  // halves of one side of a stage
constexpr std::size_t k_stage_bytes = std::size_t{k_stages} * 2 * k_side * sizeof(__half);
constexpr std::size_t k_result_bytes = std::size_t{k_tile} * k_result_pitch * sizeof(float);
constexpr std::size_t k_shared_bytes = k_stage_bytes > k_result_bytes ? k_stage_bytes : k_result_bytes;
static_assert(k_tile * 2 == k_threads, "two threads search a row");

/// Sixteen bytes at a time from k_tile rows, from `first` on, into a stage; zeros for rows that are not
/// there.
__device__ void fetch(__half* stage, const __half* rows, std::int64_t first, const TokenRows& shape,
                      std::int64_t depth) {
    constexpr int k_piece = 16 / sizeof(__half), k_pieces = k_depth / k_piece;
    for (int i = threadIdx.x; i < k_tile * k_pieces; i += k_threads) {
        const int row = i / k_pieces, at = i % k_pieces * k_piece;
        const bool is_there = first + row < shape.count;
        const __half* const from = rows + (is_there ? (first + row) * shape.stride : 0) + depth + at;
        __pipeline_memcpy_async(stage + row * k_pitch + at, from, 16, is_there ? 0 : 16);
    }
}

using Sum = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, 16, 16, 16, float>;
constexpr int k_sum_rows = 2, k_sum_columns = 4;  // 16 x 16 blocks of a warp: 8 warps lie 4 x 2 over the tile

struct Place {
    int row, column;  ///< of a warp's part of the tile
};
__device__ Place place_of_warp() {
    const int warp = threadIdx.x / k_warp;
    return {warp / 2 * k_sum_rows * 16, warp % 2 * k_sum_columns * 16};
}

__device__ void multiply(const __half* stage, Sum (&sums)[k_sum_rows][k_sum_columns]) {
    using namespace nvcuda::wmma;
    const Place place = place_of_warp();
    for (int k = 0; k < k_depth; k += 16) {
        fragment<matrix_a, 16, 16, 16, __half, row_major> a[k_sum_rows];
        fragment<matrix_b, 16, 16, 16, __half, col_major> b;
        for (int i = 0; i < k_sum_rows; ++i)
            load_matrix_sync(a[i], stage + (place.row + 16 * i) * k_pitch + k, k_pitch);
#pragma unroll
        for (int j = 0; j < k_sum_columns; ++j) {
            load_matrix_sync(b, stage + k_side + (place.column + 16 * j) * k_pitch + k, k_pitch);
            for (int i = 0; i < k_sum_rows; ++i) mma_sync(sums[i][j], a[i], b, sums[i][j]);
        }
    }
}

/// The two largest values of a row, and where the larger is.
struct Largest {
    float best = k_lowest, second = k_lowest;
    int column = 0;

    __device__ void take(float value, int its_column) {
        if (value > best) {
            second = best;
            best = value;
            column = its_column;
        } else {
            second = fmaxf(second, value);
        }
    }
};

/// Two threads per row look through a tile of products in shared memory.
__device__ void write_maxima(const float* products, const TokenRows& x, const TokenRows& y,
                             const BlockMaxima& maxima) {
    const int row = threadIdx.x / 2, half = threadIdx.x % 2;
    const std::int64_t first = std::int64_t{blockIdx.x} * k_tile;
    const float* const inverses = y.inverses + blockIdx.z * y.count + first;
    Largest largest;
    for (int c = half; c < k_tile; c += 2) {
        if (first + c < y.count) largest.take(products[row * k_result_pitch + c] * inverses[c], c);
    }
    const float other_best = __shfl_xor_sync(k_all_lanes, largest.best, 1);
    const float other_second = __shfl_xor_sync(k_all_lanes, largest.second, 1);
    const int other_column = __shfl_xor_sync(k_all_lanes, largest.column, 1);
    largest.take(other_best, other_column);
    largest.second = fmaxf(largest.second, other_second);
    const std::int64_t in_x = std::int64_t{blockIdx.y} * k_tile + row;
    if (half != 0 || in_x >= x.count) return;
    const std::int64_t at = (blockIdx.z * x.count + in_x) * maxima.blocks + blockIdx.x;
    maxima.best[at] = largest.best;
    maxima.second[at] = largest.second;
    maxima.column[at] = static_cast<std::int32_t>(first) + largest.column;
}

/// A block per tile: x down, y across, pairs in z.
__global__ void __launch_bounds__(k_threads) block_maxima(TokenRows x, TokenRows y, BlockMaxima maxima) {
    extern __shared__ __align__(128) unsigned char shared[];
    __half* const stages = reinterpret_cast<__half*>(shared);
    const __half* const x_rows = static_cast<const __half*>(x.halves) + blockIdx.z * x.count * x.stride;
    const __half* const y_rows = static_cast<const __half*>(y.halves) + blockIdx.z * y.count * y.stride;
    const std::int64_t steps = x.stride / k_depth;
    const auto request = [&](std::int64_t step) {
        if (step < steps) {
            __half* const stage = stages + step % k_stages * 2 * k_side;
            fetch(stage, x_rows, std::int64_t{blockIdx.y} * k_tile, x, step * k_depth);
            fetch(stage + k_side, y_rows, std::int64_t{blockIdx.x} * k_tile, y, step * k_depth);
        }
        __pipeline_commit();  // an empty one too, so that the count below holds
    };
    Sum sums[k_sum_rows][k_sum_columns];
    for (auto& row : sums) {
        for (auto& sum : row) nvcuda::wmma::fill_fragment(sum, 0.0F);
    }
    for (int step = 0; step < k_stages - 1; ++step) request(step);
    for (std::int64_t step = 0; step < steps; ++step) {
        __pipeline_wait_prior(k_stages - 2);
        __syncthreads();  // the stage is there for all, and all are done with the one that is filled next
        request(step + k_stages - 1);
        multiply(stages + step % k_stages * 2 * k_side, sums);
    }
    __pipeline_wait_prior(0);
    __syncthreads();
    float* const products = reinterpret_cast<float*>(shared);
    const Place place = place_of_warp();
    for (int i = 0; i < k_sum_rows; ++i) {
        for (int j = 0; j < k_sum_columns; ++j)
            nvcuda::wmma::store_matrix_sync(
                products + (place.row + 16 * i) * k_result_pitch + place.column + 16 * j, sums[i][j],
                k_result_pitch, nvcuda::wmma::mem_row_major);
    }
    __syncthreads();
    write_maxima(products, x, y, maxima);
}

/// By a warp, the same bits in each lane.
template <class T>
__device__ double cosine(const TokenRows& x, const TokenRows& y, std::int64_t x_row, std::int64_t y_row) {
    const T* const a = static_cast<const T*>(x.tokens) + x_row * x.length;
    const T* const b = static_cast<const T*>(y.tokens) + y_row * y.length;
    double sum = 0;
    for (std::int64_t c = threadIdx.x % k_warp; c < x.length; c += k_warp)
        sum += value_of(a[c]) * value_of(b[c]);
    return sum_over_warp(sum) / (x.divisors[x_row] * y.divisors[y_row]);
}

/// A warp per token of x.
template <class T>
__global__ void refine(TokenRows x, TokenRows y, BlockMaxima maxima, double slack, double* cosines) {
    const std::int64_t row = std::int64_t{blockIdx.x} * k_warps + threadIdx.x / k_warp;
    const bool speaks = threadIdx.x % k_warp == 0;
    if (row >= x.pairs * x.count) return;
    const std::int64_t y_first = row / x.count * y.count;
    const float* const best = maxima.best + row * maxima.blocks;
    const float* const second = maxima.second + row * maxima.blocks;
    float largest = k_lowest;
    for (std::int64_t block = 0; block < maxima.blocks; ++block) largest = fmaxf(largest, best[block]);
    double result = static_cast<double>(largest) * x.inverses[row];
    if (slack >= 0) {
        // A token of zeros has the inverse 0: each cosine is 0, and the first block will do.
        const double least = largest - (x.inverses[row] > 0 ? slack / x.inverses[row] : 0);
        result = -1;
        for (std::int64_t block = 0; block < maxima.blocks; ++block) {
            if (best[block] < least) continue;
            const std::int64_t first = block * BlockMaxima::k_block;
            const std::int64_t column = maxima.column[row * maxima.blocks + block];
            const bool is_alone = second[block] < least;
            const std::int64_t begin = is_alone ? column : first;
            const std::int64_t end = is_alone ? column + 1 : min(first + BlockMaxima::k_block, y.count);
            for (std::int64_t j = begin; j < end; ++j)
                result = fmax(result, cosine<T>(x, y, row, y_first + j));
        }
    }
    if (speaks) cosines[row] = isfinite(x.divisors[row]) ? fmin(fmax(result, -1.0), 1.0) : nan("");
}

unsigned blocks_for(std::int64_t rows) { return static_cast<unsigned>((rows + k_warps - 1) / k_warps); }

/// Calls `run` with a value of the tokens' type.
template <class Run>
cudaError_t by_type(TokenType type, Run run) {
    switch (type) {
        case TokenType::float32:
            run(float{});
            break;
        case TokenType::float16:
            run(__half{});
            break;
        case TokenType::bfloat16:
            run(__nv_bfloat16{});
            break;
    }
    return cudaGetLastError();
}

}  // namespace

cudaError_t prepare_rows(const TokenRows& rows, cudaStream_t stream) {
    const unsigned blocks = blocks_for(rows.pairs * rows.count);
    return by_type(rows.type,
                   [&](auto value) { prepare<decltype(value)><<<blocks, k_threads, 0, stream>>>(rows); });
}

cudaError_t find_block_maxima(const TokenRows& x, const TokenRows& y, const BlockMaxima& maxima,
                              cudaStream_t stream) {
    const cudaError_t allowed = cudaFuncSetAttribute(
        block_maxima, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(k_shared_bytes));
    if (allowed != cudaSuccess) return allowed;
    const dim3 grid(static_cast<unsigned>(maxima.blocks),
                    static_cast<unsigned>((x.count + k_tile - 1) / k_tile), static_cast<unsigned>(x.pairs));
    block_maxima<<<grid, k_threads, k_shared_bytes, stream>>>(x, y, maxima);
    return cudaGetLastError();
}

cudaError_t refine_maxima(const TokenRows& x, const TokenRows& y, const BlockMaxima& maxima, double slack,
                          double* cosines, cudaStream_t stream) {
    const unsigned blocks = blocks_for(x.pairs * x.count);
    return by_type(x.type, [&](auto value) {
        refine<decltype(value)><<<blocks, k_threads, 0, stream>>>(x, y, maxima, slack, cosines);
    });
}

}  // namespace lvr::kernels
