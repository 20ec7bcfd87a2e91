// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <lvr/core/json.hpp>
#include <lvr/vlm/export.hpp>

namespace lvr::test {

/// The parts of tests/golden/llava_export/<name> put together: the language model with its tokenizer in one
/// folder, as training begins with it.
struct LlavaToExport {
    /// @param work is filled with the language model's folder
    LlavaToExport(const std::string& name, const std::filesystem::path& work);

    core::Json golden;  ///< what transformers writes
    nn::LlamaConfig config;
    weights::WeightStore store;
    vlm::LlavaParts parts;
};

}  // namespace lvr::test
