// SPDX-License-Identifier: Apache-2.0
// shard_probe fill FOLDER ITEMS MILLISECONDS: a sharded job that writes real feature parts, some
// milliseconds each. shard_probe verify FOLDER ITEMS: reads all of them back.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include <lvr/core/error.hpp>
#include <lvr/files/features.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/job.hpp>
#include <lvr/run/shard_loop.hpp>
#include <lvr/run/signals.hpp>

using namespace lvr;

namespace {

constexpr std::int64_t k_tokens = 16, k_channels = 8, k_shard_size = 4;
constexpr std::int64_t k_values = k_tokens * k_channels;

float value_of(std::int64_t item, std::int64_t at) {
    return static_cast<float>(item) + 0.001F * static_cast<float>(at);
}

void write_part(const run::ShardFolder& folder, std::int64_t shard) {
    const par::Range range = folder.range(shard);
    files::FeaturePart part;
    part.type = files::StorageType::float32;
    part.images = range.size();
    part.tokens = k_tokens;
    part.channels = k_channels;
    std::vector<float> values;
    for (std::int64_t item = range.begin; item < range.end; ++item) {
        for (std::int64_t at = 0; at < k_values; ++at) values.push_back(value_of(item, at));
        part.image_ids.push_back("item" + std::to_string(item));
        part.status.push_back(0);
        part.reasons.emplace_back();
    }
    part.values = std::as_bytes(std::span(values));
    part.provenance = {{"seed", 1}};
    files::write_feature_part(folder.part(shard), part);
}

/// One line per finished part, beside the folder: what is done twice shows.
void note(const run::ShardFolder& folder, std::int64_t shard) {
    const std::string line = std::to_string(shard) + "\n", journal = folder.folder().string() + ".journal";
    const int descriptor = open(journal.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    [[maybe_unused]] const auto written = ::write(descriptor, line.data(), line.size());
    close(descriptor);
}

/// As a long computation that looks at the stop flag between batches.
void compute(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
        run::stop_if_requested();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

int fill(run::Job& job, const std::string& out, std::int64_t items, std::chrono::milliseconds time) {
    run::ShardFolderSpec spec;
    spec.folder = out;
    spec.items = items;
    spec.identity = {{"config", {{"items", items}}}};
    spec.shard_size = k_shard_size;
    const run::ShardFolder folder(job.world(), spec);
    run::ProgressSpec told;
    told.items = items;
    told.done_before = items - folder.items_missing();
    run::Progress progress(told);
    const auto work = [&](std::int64_t shard) {
        compute(time);
        write_part(folder, shard);
        note(folder, shard);
        progress.add(folder.range(shard).size(), 4 * k_values * folder.range(shard).size());
    };
    run::for_each_shard(job.world(), folder.missing(), work, {.progress = &progress, .folders = {&folder}});
    if (job.is_root()) files::write_feature_index(out);
    job.world().barrier();
    return run::k_exit_ok;
}

int verify(const std::string& out, std::int64_t items) {
    files::FeatureFolder features(out);
    std::int64_t wrong = features.images() == items ? 0 : 1;
    std::int64_t seen = 0;
    for (std::int64_t item = 0; item < features.images(); ++item) {
        const auto values = features.read(item);
        for (std::int64_t at = 0; at < k_values; ++at, ++seen)
            wrong += values.at(static_cast<std::size_t>(at)) == value_of(item, at) ? 0 : 1;
        wrong +=
            features.image_ids().at(static_cast<std::size_t>(item)) == "item" + std::to_string(item) ? 0 : 1;
    }
    if (wrong != 0 || seen != items * k_values)
        throw core::input_error(out + ": " + std::to_string(wrong) + " values are wrong", "",
                                "mend the runner");
    return run::k_exit_ok;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string way = argc > 3 ? argv[1] : "";
    return run::run_body([&](run::Job& job) {
        if (way == "fill" && argc > 4)
            return fill(job, argv[2], std::stoll(argv[3]), std::chrono::milliseconds(std::stoll(argv[4])));
        if (way == "verify") return verify(argv[2], std::stoll(argv[3]));
        throw core::usage_error("which way?", "", "fill or verify");
    });
}
