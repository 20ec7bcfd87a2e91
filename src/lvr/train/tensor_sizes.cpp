// SPDX-License-Identifier: Apache-2.0
#include "tensor_sizes.hpp"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <string>
#include <string_view>

#include <lvr/nn/causal_loss.hpp>
#include <lvr/vlm/mllm.hpp>

namespace lvr::train {
namespace {

std::int64_t product(const std::vector<std::int64_t>& shape) {
    std::int64_t elements = 1;
    for (const auto size : shape) elements *= size;
    return elements;
}

}  // namespace

std::vector<std::int64_t> elements_of(const std::vector<Parameter>& parameters) {
    std::vector<std::int64_t> elements;
    for (const auto& one : parameters) elements.push_back(one.elements);
    return elements;
}

TensorSizes::TensorSizes(const MemoryQuestion& q)
    : element(static_cast<double>(c10::elementSize(q.layout.dtype))) {
    name_parameters(q);
    measure_block(q);
    measure_ends(q);
}

/// In the order of vlm::trained_names.
void TensorSizes::name_parameters(const MemoryQuestion& q) {
    for (std::size_t i = 0; i + 1 < q.projector.size(); ++i) {
        parameters.push_back({q.projector[i] * q.projector[i + 1], q.llm.layers + 1});
        parameters.push_back({q.projector[i + 1], q.llm.layers + 1});
    }
    const auto shapes = nn::llama_shapes(q.llm);
    const auto unit_of = [&](const std::string& name) -> std::int64_t {
        constexpr std::string_view k_blocks = "blocks.";
        if (name.starts_with(k_blocks)) return q.llm.layers - std::stoll(name.substr(k_blocks.size()));
        return name.starts_with("embedding.") ? q.llm.layers + 1 : 0;
    };
    for (const auto& name : vlm::llm_names(q.llm)) {
        const auto elements = product(shapes.at(name));
        if (q.trains_llm)
            parameters.push_back({elements, unit_of(name)});
        else
            frozen += static_cast<double>(elements);
    }
}

/// What each operator of nn::apply(LlamaBlock) keeps: RMSNorm its input; a linear map its input where its
/// weight is trained; attention the rotated queries and keys, the values (a view that holds the whole product
/// of query, key and value) and its result; the gated map both halves.
void TensorSizes::measure_block(const MemoryQuestion& q) {
    const auto& llm = q.llm;
    const double rows = static_cast<double>(q.micro_batch * q.positions);
    const auto size = [&](std::int64_t columns, double bytes) {
        return rows * static_cast<double>(columns) * bytes;
    };
    const auto queries = llm.heads * llm.head_width, keys = llm.kv_heads * llm.head_width;
    const bool repeats = llm.heads != llm.kv_heads && q.layout.device.is_cpu();
    for (int norm = 0; norm < 2; ++norm) {
        kept_of_block.push_back(size(llm.width, element));
        if (q.trains_llm) kept_of_block.push_back(size(llm.width, element));
    }
    kept_of_block.push_back(size(queries + keys, element));
    if (repeats) {
        kept_of_block.push_back(size(queries, element));
        kept_of_block.push_back(size(queries, element));
    } else {
        kept_of_block.push_back(size(queries + 2 * keys, element));
    }
    kept_of_block.push_back(size(queries, element));
    kept_of_block.push_back(size(llm.heads, 4));
    kept_of_block.push_back(size(2 * llm.mlp_width, element));
    passing_forward.push_back(size(llm.mlp_width, element));
    input_of_block = size(llm.width, element);
    passing_forward.push_back(size(llm.width, element));
    passing_backward = {size(llm.width, element), size(llm.mlp_width, element), size(llm.mlp_width, element),
                        size(2 * llm.mlp_width, element)};
}

void TensorSizes::measure_ends(const MemoryQuestion& q) {
    const double rows = static_cast<double>(q.micro_batch * q.positions);
    const double width = static_cast<double>(q.llm.width), vocabulary = static_cast<double>(q.llm.vocabulary);
    ends = {rows * width * element, rows * width * element};  // what the last norm takes and gives
    if (!q.projector.empty()) image = static_cast<double>(q.image_tokens * q.projector.front()) * element;
    for (std::int64_t i = 0; i < q.images; ++i) {
        if (!q.projector.empty()) ends.push_back(image);
        for (std::size_t layer = 1; layer < q.projector.size(); ++layer) {
            const double out = static_cast<double>(q.image_tokens * q.projector[layer]) * element;
            ends.push_back(out);
            if (layer + 1 < q.projector.size()) ends.push_back(out);
        }
    }
    slopes = {rows * width * element};
    if (q.trains_llm) slopes.push_back(vocabulary * width * element);
    const std::int64_t fitting = nn::chunk_rows(q.llm.vocabulary, q.layout.device);
    const double logits = static_cast<double>(std::min(q.labels, fitting)) * vocabulary;
    chunk = {logits * 4, logits * 4};  // logits or their slope, and their exponentials
    if (element < 4) chunk.push_back(logits * element);
    if (element < 4 && q.trains_llm)
        chunk.push_back(vocabulary * width * 4);  // the head's gradient while it is summed
}

}  // namespace lvr::train
