// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <lvr/core/json.hpp>

namespace lvr::weights {

/// A model as Hugging Face's hub lays it out: a folder with config.json and weights.
struct Snapshot {
    std::filesystem::path folder;
    std::string name;         ///< as it was asked for
    core::Json config;        ///< config.json
    core::Json preprocessor;  ///< image_processor of processor_config.json, else preprocessor_config.json;
                              ///< null if there is none
};

/// Finds a model on this machine; nothing is ever downloaded.
/// @param name   a folder, or a hub id "org/name" or "org/name@revision"
/// @param models a folder with org/name/ in it, or models--org--name/snapshots/<revision>/ as the hub's cache
/// has it;
///        empty = none. After it $HF_HUB_CACHE, $HF_HOME/hub, $HF_HOME and ~/.cache/huggingface/hub are
///        looked through in the cache's layout. Without a revision refs/main names it, or there is but one
///        snapshot.
/// @throws Error (input) that says where was looked and what to type, or which revisions there are
Snapshot open_snapshot(const std::string& name, const std::filesystem::path& models = {});

}  // namespace lvr::weights
