// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <lvr/data/catalog.hpp>
#include <lvr/extract/extract_config.hpp>
#include <lvr/extract/representation.hpp>
#include <lvr/run/job.hpp>
#include <lvr/run/node.hpp>
#include <lvr/run/shard_folder.hpp>

namespace lvr::extract {

/// How a rank computes.
struct Resources {
    run::NodePlace place;
    at::Device device = at::kCPU;
    int threads = 1;
    int batch = 1;
};

/// Collective. @throws Error (usage, resource) if there is no such device
Resources resources_of(const ExtractConfig& config, const par::Comm& comm);

/// The images of the configuration: read on rank 0, the same on every rank. Collective. @throws Error (input)
data::Catalog shared_catalog(const ExtractConfig& config, const par::Comm& comm);

/// What is stored of one image for all representations, bytes.
std::int64_t bytes_per_image(const std::vector<Representation>& representations, bool flip);

/// Everything that a run needs, in one place.
struct FeatureRun {
    const ExtractConfig& config;
    const par::Comm& comm;
    const Resources& resources;
    const data::Catalog& catalog;
    std::vector<Representation>& representations;
};

/// Collective: fills OUT/<representation>/ with the parts that are missing, each image decoded once for all
/// representations whose parts have one size.
/// @return images that are in quarantine, of all parts, on every rank
/// @throws Error on every rank: what went wrong, or (interrupted)
std::int64_t fill_folders(const FeatureRun& run);

/// Writes index.h5 of a complete folder, and lists its images in quarantine, in the log and in
/// quarantine.tsv.
/// @return how many there are
std::int64_t finish_folder(const std::string& folder);

}  // namespace lvr::extract
