// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/name_map.hpp>

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/weights/name_pattern.hpp>
#include <lvr/weights/name_plan.hpp>

namespace lvr::weights {
namespace {

/// Whether no number has all bits of its exponent set, as infinity and NaN have.
template <class Bits>
bool none_has(Bits exponent, const at::Tensor& numbers) {
    const auto* begin = static_cast<const Bits*>(numbers.const_data_ptr());
    Bits found = 0;
    for (std::int64_t i = 0; i < numbers.numel(); ++i) found |= (begin[i] & exponent) == exponent;
    return found == 0;
}

bool is_finite(const at::Tensor& tensor) {
    const auto numbers = tensor.contiguous();
    switch (numbers.scalar_type()) {
        case at::kFloat:
            return none_has<std::uint32_t>(0x7f800000u, numbers);
        case at::kDouble:
            return none_has<std::uint64_t>(0x7ff0000000000000u, numbers);
        case at::kHalf:
            return none_has<std::uint16_t>(0x7c00u, numbers);
        case at::kBFloat16:
            return none_has<std::uint16_t>(0x7f80u, numbers);
        default:
            return true;
    }
}

[[noreturn]] void complain_of_numbers(const Checkpoint& checkpoint, const std::string& name,
                                      const LoadOptions& options) {
    const auto file = checkpoint.tensors().at(name).file.string();
    if (!is_finite(checkpoint.read(name)))
        throw core::input_error(fmt::format("{}: tensor {} has values that are NaN or infinite", file, name),
                                "whatever is computed with them is NaN too",
                                "download the file again, or restore it from a copy");
    throw core::input_error(fmt::format("{}: tensor {} has values that are too large for {}", file, name,
                                        c10::toString(options.round_through.value_or(options.dtype))),
                            "they would become infinite", "choose bfloat16 or float32");
}

/// One weight on the CPU in memory of its own.
at::Tensor filled(const Checkpoint& checkpoint, const Fill& fill, const std::vector<std::int64_t>& shape,
                  const LoadOptions& options) {
    const auto weight = at::empty(shape, options.dtype);
    std::int64_t start = 0;
    for (std::size_t i = 0; i < fill.sources.size(); ++i) {
        auto source = checkpoint.read(fill.sources[i]).reshape(fill.shapes[i]);
        if (options.round_through) source = source.to(*options.round_through);
        auto part = weight;
        if (fill.sources.size() > 1) {
            const auto length = fill.shapes[i][static_cast<std::size_t>(fill.axis)];
            part = weight.narrow(fill.axis, start, length);
            start += length;
        }
        part.copy_(source);
        if (!is_finite(part)) complain_of_numbers(checkpoint, fill.sources[i], options);
    }
    return weight;
}

}  // namespace

WeightStore load_weights(const Checkpoint& checkpoint, const NameMap& map, const Shapes& wanted,
                         const LoadOptions& options) {
    WeightStore store;
    for (const auto& [target, fill] : plan_weights(checkpoint, map, wanted, options))
        store.put(target, filled(checkpoint, fill, wanted.at(target), options).to(options.device));
    return store;
}

namespace {

/// How long each part of a weight is on the row's axis.
std::vector<std::int64_t> lengths_of(const NameRow& row, const at::Tensor& weight, const std::string& name) {
    const auto parts = static_cast<std::int64_t>(row.sources.size());
    core::ensure(row.axis < weight.dim(), (name + " has no such axis").c_str());
    const auto whole = weight.size(row.axis);
    const auto lengths =
        row.lengths.empty() ? std::vector<std::int64_t>(row.sources.size(), whole / parts) : row.lengths;
    core::ensure(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}) == whole,
                 (name + " cannot be split into its parts").c_str());
    return lengths;
}

}  // namespace

std::map<std::string, at::Tensor> export_weights(const WeightStore& store, const NameMap& map) {
    std::map<std::string, at::Tensor> tensors;
    const auto put = [&](const std::string& source, const at::Tensor& part) {
        core::ensure(tensors.emplace(source, part).second, ("two weights would be called " + source).c_str());
    };
    for (const auto& [name, tensor] : store.all()) {
        std::optional<Numbers> numbers;
        const auto row = std::find_if(map.begin(), map.end(), [&](const NameRow& one) {
            return one.action != NameRow::Action::drop && (numbers = match_pattern(one.target, name));
        });
        core::ensure(row != map.end(), ("no row of the name map makes " + name).c_str());
        if (row->sources.size() == 1) {
            put(fill_pattern(row->sources[0], *numbers), tensor);
            continue;
        }
        const auto parts = tensor.split_with_sizes(lengths_of(*row, tensor, name), row->axis);
        for (std::size_t i = 0; i < parts.size(); ++i) put(fill_pattern(row->sources[i], *numbers), parts[i]);
    }
    return tensors;
}

}  // namespace lvr::weights
