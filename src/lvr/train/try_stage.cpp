// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include <lvr/core/quantity.hpp>
#include <lvr/kernels/device.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/signals.hpp>
#include <lvr/train/memory_plan.hpp>
#include <lvr/train/prepare_sample.hpp>
#include <lvr/train/stage.hpp>
#include <lvr/train/stage_loop.hpp>

namespace lvr::train {
namespace {

constexpr std::int64_t k_trial = 6;  // updates, of which the first is not counted

/// The longest micro-batch that can come: the samples with most words.
struct Longest {
    std::int64_t positions = 0, labels = 0, images = 0;
};

Longest longest_batch(const Stage& stage, const StageData& data) {
    const auto& index = data.list->index();
    std::vector<std::int64_t> samples(static_cast<std::size_t>(index.size()));
    std::iota(samples.begin(), samples.end(), 0);
    std::erase_if(samples, [&](std::int64_t i) { return !wrongs(index, i).empty(); });
    const auto each = data.images->tokens();
    const auto size = [&](std::int64_t i) {
        const auto at = static_cast<std::size_t>(i);
        return std::min<std::int64_t>(index.words[at], stage.config.longest) + each * index.images[at];
    };
    const auto count = std::min(static_cast<std::size_t>(stage.micro_batch()), samples.size());
    std::partial_sort(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(count), samples.end(),
                      [&](std::int64_t a, std::int64_t b) { return size(a) > size(b); });
    samples.resize(count);
    Longest longest;
    const auto& form = vlm::find_template(stage.settings.form);
    for (const auto i : samples) {
        const auto tokens =
            vlm::collated(vlm::tokenise(data.list->read(i), form, *stage.llm.tokenizer, stage.tokenising()),
                          stage.collating());
        const auto extent = extent_of(tokens, data.images->tokens(), stage.config.most_positions());
        longest.positions = std::max(longest.positions, extent.length);
        longest.labels += extent.labels;
        longest.images += index.images[static_cast<std::size_t>(i)];
    }
    return longest;
}

/// Those that are here, or more where the configuration says so.
std::int64_t planned_ranks(const Stage& stage) {
    return std::max<std::int64_t>(stage.group.size(), stage.config.ranks_per_model);
}

MemoryQuestion question_of(const Stage& stage, const StageData& data, std::int64_t process_bytes) {
    const auto longest = longest_batch(stage, data);
    const auto ranks = planned_ranks(stage);
    std::vector<std::int64_t> projector = {data.images->channels()};
    projector.resize(static_cast<std::size_t>(1 + projector_layers(stage.config.projector)),
                     stage.llm.config.width);
    const auto backwards = std::max<std::int64_t>(1, stage.settings.batch / stage.micro_batch() / ranks);
    constexpr std::int64_t updates_ahead = 2;
    return {.llm = stage.llm.config,
            .trains_llm = stage.trains_llm,
            .projector = projector,
            .layout = {.parts = ranks, .dtype = stage.dtype(), .device = stage.resources.device},
            .zero = static_cast<ZeroStage>(stage.config.zero),
            .recomputes = !stage.config.keep_activations,
            .micro_batch = stage.micro_batch(),
            .backwards = backwards,
            .positions = longest.positions,
            .labels = longest.labels,
            .images = longest.images,
            .image_tokens = data.images->tokens(),
            .waiting = updates_ahead * backwards,
            .process_bytes = process_bytes};
}

struct Trial {
    double seconds = 0, tokens_per_second = 0, mfu = 0;
};

/// @return of the update that took the median time
Trial timed(StageLoop& loop) {
    std::vector<TimingRecord> records;
    const auto updates = std::min(k_trial, loop.updates());
    for (std::int64_t i = 0; i < updates; ++i) {
        run::stop_if_requested();
        records.push_back(loop.step(false).timing);
    }
    if (records.size() > 1) records.erase(records.begin());
    std::ranges::sort(records, {}, &TimingRecord::seconds);
    const auto& middle = records[records.size() / 2];
    return {middle.seconds, middle.tokens_per_second, middle.mfu};
}

std::string tried(const Stage& stage, comm::TensorComm& comm) {
    const Peak peak = stage.config.peak_tflops > 0
                          ? Peak{stage.config.peak_tflops * 1e12,
                                 fmt::format("{} TFLOP/s (as given)", stage.config.peak_tflops)}
                          : peak_of(stage.resources.device, stage.dtype());
    StageLoop loop(stage, comm, peak.flops_per_second);
    const auto question = question_of(stage, loop.data(), loop.bytes_before_model());
    loop.start();
    const auto trial = timed(loop);
    const auto most = stage.group.max(most_resident_bytes());
    const auto& counts = loop.data().order->counts();
    auto text = fmt::format(
        "{} {}: {} of {} samples, {} updates of {}; on {}, ranks: {}, each {} x {} samples an update\n",
        stage.representation.id(), stage.name(), counts.trained, counts.samples, loop.updates(),
        stage.settings.batch, kernels::device_name(stage.resources.device), question.layout.parts,
        question.backwards, question.micro_batch);
    text += fmt::format(" memory, where the longest batch comes ({} positions, {} learned labels)\n",
                        question.positions, question.labels);
    text += to_text(plan_memory(question));
    if (stage.resources.device.is_cpu())
        text += fmt::format("  {:<22}{:>10}\n", "most so far", core::bytes_text(static_cast<double>(most)));
    else
        text += "  and the encoder, with the activations of its batch\n";
    text += fmt::format(" time on {} of them, by a trial of {} updates\n", comm.size(),
                        std::min(k_trial, loop.updates()));
    text += fmt::format("  an update {:.3g} s, {:.4g} tokens/s, MFU {:.1f} % of {} per rank; all: {}\n",
                        trial.seconds, trial.tokens_per_second, 100 * trial.mfu, peak.how,
                        core::duration_text(trial.seconds * static_cast<double>(loop.updates())));
    return text;
}

}  // namespace

std::string try_stage(const Stage& outer) {
    const auto comm = par::together(
        outer.group, [&] { return comm::make_tensor_comm(outer.group, outer.resources.device); });
    const Stage stage = outer.among(comm->group());
    return par::together(stage.group, [&] {
        try {
            return tried(stage, *comm);
        } catch (...) {
            comm->abandon();
            throw;
        }
    });
}

}  // namespace lvr::train
