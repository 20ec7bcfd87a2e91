// SPDX-License-Identifier: Apache-2.0
#include <lvr/data/catalog_hash.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/data/image_file.hpp>

namespace lvr::data {
namespace {

constexpr std::size_t k_looks_at_once = 8;
constexpr std::size_t k_looks_in_a_row = 256;
constexpr std::int64_t k_footer_bytes = 64 * 1024;

std::string full(const Catalog& catalog, std::size_t at) {
    return (std::filesystem::path(catalog.root) / catalog.paths[at]).string();
}

/// @return per image its file's size in bytes, -1 if there is none
std::vector<std::int64_t> sizes_of(const Catalog& catalog) {
    std::vector<std::int64_t> sizes(catalog.paths.size());
    std::atomic<std::size_t> next = 0;
    const auto look = [&] {
        for (std::size_t begin; (begin = next.fetch_add(k_looks_in_a_row)) < sizes.size();) {
            const std::size_t end = std::min(begin + k_looks_in_a_row, sizes.size());
            for (std::size_t i = begin; i < end; ++i) sizes[i] = size_or_code(full(catalog, i));
        }
    };
    {
        std::vector<std::jthread> threads;
        const std::size_t rows = sizes.size() / k_looks_in_a_row;
        for (std::size_t i = 1; i < std::min(k_looks_at_once, rows + 1); ++i) threads.emplace_back(look);
        look();
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] >= 0) continue;
        const int code = static_cast<int>(-sizes[i]);
        if (stops_the_run(code)) refuse_file(code, catalog.ids[i]);
        sizes[i] = -1;
    }
    return sizes;
}

}  // namespace

std::string end_of_file(const std::string& file) {
    std::ifstream stream(file, std::ios::binary | std::ios::ate);
    const std::int64_t size = stream ? static_cast<std::int64_t>(stream.tellg()) : -1;
    std::string end(static_cast<std::size_t>(std::clamp<std::int64_t>(size, 0, k_footer_bytes)), '\0');
    stream.seekg(-static_cast<std::streamoff>(end.size()), std::ios::end);
    if (size < 0 || !stream.read(end.data(), static_cast<std::streamsize>(end.size())))
        throw core::input_error(file + ": its end cannot be read", "it tells which file it is",
                                "check the file and its disk");
    return std::to_string(size) + ':' + core::sha256(end);
}

std::string hash_of(const Catalog& catalog) {
    const bool parquet = catalog.kind == Catalog::Kind::parquet;
    std::string text = parquet ? "parquet" : "files";
    const auto add = [&text](const std::string& part) {
        text += part;
        text += '\0';
    };
    add("");
    add(catalog.column);
    const auto sizes = parquet ? std::vector<std::int64_t>{} : sizes_of(catalog);
    for (std::size_t i = 0; i < catalog.ids.size(); ++i) {
        add(catalog.ids[i]);
        add(catalog.paths[i]);
        if (!parquet) {
            add(std::to_string(sizes[i]));
            continue;
        }
        add(std::to_string(catalog.rows[i]));
        if (i == 0 || catalog.paths[i] != catalog.paths[i - 1]) add(end_of_file(full(catalog, i)));
    }
    return core::sha256(text);
}

}  // namespace lvr::data
