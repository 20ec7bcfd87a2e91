// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/extract.hpp>

#include <fmt/format.h>

#include <filesystem>

#include <lvr/core/log.hpp>
#include <lvr/extract/feature_run.hpp>
#include <lvr/extract/listing.hpp>
#include <lvr/files/features.hpp>
#include <lvr/files/shard_manifest.hpp>
#include <lvr/kernels/device.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/lease.hpp>

namespace lvr::extract {
namespace {

std::string folder_of(const ExtractConfig& config, const std::string& id) {
    return (std::filesystem::path(config.out) / (id + (config.project.empty() ? "" : "-projected"))).string();
}

/// The index of folders that are complete already; no model is built.
int write_indices(const run::Job& job, const ExtractConfig& config) {
    std::int64_t quarantined = 0;
    if (job.is_root()) {
        for (const auto& card : chosen_cards(config)) {
            const auto folder = folder_of(config, card.id);
            files::read_manifest(folder);    // it is a folder of ours
            const run::Lease lease(folder);  // and nobody is filling it
            quarantined += finish_folder(folder);
            core::info("{}: index.h5 is written", folder);
        }
    }
    job.world().broadcast(quarantined);
    return quarantined == 0 ? run::k_exit_ok : run::k_exit_quarantine;
}

void say_where(const FeatureRun& run) {
    if (run.comm.rank() != 0) return;
    for (const auto& representation : run.representations) {
        core::info("{}: {} images x {} tokens x {} channels in {}", representation.id, run.catalog.size(),
                   representation.tokens(), representation.channels(),
                   (std::filesystem::path(run.config.out) / representation.id).string());
    }
}

}  // namespace

int extract(run::Job& job, const ExtractConfig& config) {
    const auto& comm = job.world();
    if (config.list) {
        job.print(list_cards(config.protocol));
        return run::k_exit_ok;
    }
    if (config.index_only) return write_indices(job, config);
    const auto resources = resources_of(config, comm);
    auto representations = build_representations(config, comm, resources.device);
    if (config.check) {
        job.print(describe(representations, resources));
        return run::k_exit_ok;
    }
    const auto catalog = shared_catalog(config, comm);
    const FeatureRun run{config, comm, resources, catalog, representations};
    if (config.dry_run) {
        job.print(estimate(run));
        return run::k_exit_ok;
    }
    if (job.is_root())
        core::info("{} images; ranks: {}, each with threads: {}, on {}", catalog.size(), comm.size(),
                   resources.threads, kernels::device_name(resources.device));
    const auto quarantined = fill_folders(run);
    say_where(run);
    return quarantined == 0 ? run::k_exit_ok : run::k_exit_quarantine;
}

}  // namespace lvr::extract
