// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/safetensors_write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <lvr/core/error.hpp>
#include <lvr/core/json.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/weights/safetensors_types.hpp>

namespace lvr::weights {
namespace {

namespace fs = std::filesystem;

using core::Json;

constexpr std::size_t k_alignment = 8;  // of the first tensor's first byte
const char* const k_whole = "model.safetensors";

/// Its place in the order of types.
std::ptrdiff_t rank_of(const at::Tensor& tensor) {
    const auto* const type = std::find_if(std::begin(k_safetensors_types), std::end(k_safetensors_types),
                                          [&](const auto& one) { return one.dtype == tensor.scalar_type(); });
    core::ensure(type != std::end(k_safetensors_types), "safetensors has no name for a tensor's numbers");
    return type - std::begin(k_safetensors_types);
}

using Entry = NamedTensors::value_type;

/// Wide numbers first, so that each lies at a multiple of its size.
std::vector<const Entry*> in_order(const NamedTensors& tensors) {
    std::vector<const Entry*> entries;
    for (const auto& entry : tensors) entries.push_back(&entry);
    std::stable_sort(entries.begin(), entries.end(), [](const Entry* left, const Entry* right) {
        return rank_of(left->second) < rank_of(right->second);
    });
    return entries;
}

std::uint64_t bytes_of(const at::Tensor& tensor) { return static_cast<std::uint64_t>(tensor.nbytes()); }

/// The length, and the header itself.
std::string header_of(const std::vector<const Entry*>& entries) {
    Json header = {{"__metadata__", {{"format", "pt"}}}};
    std::uint64_t begin = 0;
    for (const auto* entry : entries) {
        const auto& [name, tensor] = *entry;
        const auto end = begin + bytes_of(tensor);
        header[name] = {{"dtype", k_safetensors_types[rank_of(tensor)].name},
                        {"shape", tensor.sizes().vec()},
                        {"data_offsets", {begin, end}}};
        begin = end;
    }
    auto text = header.dump();
    text.resize((text.size() + k_alignment - 1) / k_alignment * k_alignment, ' ');
    std::string length(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i));
    return length + text;
}

void put(std::ofstream& stream, const void* bytes, std::uint64_t count, const fs::path& target) {
    stream.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
    if (stream) return;
    throw core::output_error(fmt::format("{}: cannot be written ({})", target.string(), std::strerror(errno)),
                             "whatever was there before is untouched, and nothing half-written is left",
                             "free some space and check the folder's permissions, or write to another disk");
}

/// Runs of names whose tensors fit into a shard together.
std::vector<NamedTensors> shards_of(const NamedTensors& tensors, std::uint64_t shard_bytes) {
    std::vector<NamedTensors> shards(1);
    std::uint64_t filled = 0;
    for (const auto& entry : tensors) {
        const auto size = bytes_of(entry.second);
        if (!shards.back().empty() && (size > shard_bytes || filled > shard_bytes - size)) {
            shards.emplace_back();
            filled = 0;
        }
        shards.back().insert(entry);
        filled += size;
    }
    return shards;
}

void refuse_other_layout(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::exists(folder / k_whole, ignored)) return;
    throw core::output_error((folder / k_whole).string() + ": is already there",
                             "it would be read instead of the shards that are to be written beside it",
                             "remove it, or write to an empty folder");
}

}  // namespace

void write_safetensors(const fs::path& file, const NamedTensors& tensors) {
    const auto entries = in_order(tensors);
    const auto header = header_of(entries);
    files::write_atomically(file, [&](const fs::path& temporary) {
        std::ofstream stream(temporary, std::ios::binary);
        put(stream, header.data(), header.size(), file);
        for (const auto* entry : entries) {
            const auto tensor = entry->second.detach().cpu().contiguous();
            put(stream, tensor.const_data_ptr(), bytes_of(tensor), file);
        }
        stream.close();
        put(stream, "", 0, file);
    });
}

std::vector<fs::path> write_checkpoint(const fs::path& folder, const NamedTensors& tensors,
                                       std::uint64_t shard_bytes) {
    files::make_folder(folder);
    const auto shards = shards_of(tensors, shard_bytes);
    if (shards.size() == 1) {
        write_safetensors(folder / k_whole, tensors);
        return {folder / k_whole};
    }
    refuse_other_layout(folder);
    std::vector<fs::path> written;
    std::uint64_t bytes = 0;
    Json places = Json::object();
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const auto name = fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size());
        written.push_back(folder / name);
        write_safetensors(written.back(), shards[i]);
        for (const auto& [tensor, value] : shards[i]) {
            places[tensor] = name;
            bytes += bytes_of(value);
        }
    }
    written.push_back(folder / (std::string(k_whole) + ".index.json"));
    files::write_text(written.back(),
                      core::to_text({{"metadata", {{"total_size", bytes}}}, {"weight_map", places}}));
    return written;
}

}  // namespace lvr::weights
