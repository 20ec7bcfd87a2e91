// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/stage_loop.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/run/signals.hpp>
#include <lvr/train/memory_plan.hpp>
#include <lvr/train/prepare_sample.hpp>
#include <lvr/vlm/packing.hpp>

namespace lvr::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double k_microseconds = 1e6;
constexpr std::int64_t k_most_without_labels = 10;  // updates

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Ranks that cannot share an update are refused ahead of all that takes long.
const Stage& shareable(const Stage& stage, const comm::TensorComm& comm) {
    slots_of(stage.order(), stage.micro_batch(), comm.rank(), comm.size());
    return stage;
}

std::int64_t images_in(const vlm::Tokens& tokens) {
    return std::count(tokens.ids.begin(), tokens.ids.end(), vlm::k_image_id);
}

}  // namespace

StageLoop::StageLoop(const Stage& stage, comm::TensorComm& comm, double peak)
    : stage_(stage),
      comm_(comm),
      peak_(peak),
      data_(shareable(stage, comm)),
      bytes_before_model_(resident_bytes()),
      model_(stage, *data_.images, comm),
      watch_({.deviations = stage.config.spike}) {
    const auto all = data_.order->updates(), wanted = stage.settings.updates;
    schedule_ = {stage.settings.learning_rate, wanted > 0 ? std::min(wanted, all) : all,
                 stage.settings.warmup};
}

void StageLoop::start() {
    const auto& config = stage_.config;
    pipeline_ = std::make_unique<Pipeline>(
        PipelineSpec{.order = *data_.order,
                     .list = *data_.list,
                     .tokenizer = *stage_.llm.tokenizer,
                     .form = vlm::find_template(stage_.settings.form),
                     .images = *data_.images,
                     .tokenise = stage_.tokenising(),
                     .collate = stage_.collating(),
                     .longest = config.most_positions(),
                     .micro_batch = stage_.micro_batch(),
                     .slots = slots_of(stage_.order(), stage_.micro_batch(), comm_.rank(), comm_.size()),
                     .first_update = done(),
                     .threads = stage_.resources.threads});
}

/// The learned labels of each loss group, of all ranks: what its losses are divided by.
std::vector<double> StageLoop::labels_of_groups(const PreparedUpdate& update) const {
    const auto order = stage_.order();
    std::vector<double> counts(static_cast<std::size_t>(order.batch / order.loss_batch), 0.0);
    for (const auto& batch : update.batches)
        counts.at(static_cast<std::size_t>(batch.loss_group)) += static_cast<double>(batch.labels);
    comm_.group().sum(std::span(counts));
    if (!stage_.config.averages_tokens()) {
        for (auto& count : counts) count *= static_cast<double>(counts.size());
        return counts;
    }
    double all = 0;
    for (const double count : counts) all += count;
    std::fill(counts.begin(), counts.end(), all);
    return counts;
}

at::Tensor StageLoop::loss_of(const MicroBatch& batch, std::span<const at::Tensor> features,
                              double divisor) const {
    const auto& config = stage_.config;
    vlm::ForwardOptions how{
        .splice = {.longest = config.most_positions(), .packs = {}},
        .activations = config.keep_activations ? nn::Activations::kept : nn::Activations::recomputed};
    if (config.pack > 0) {
        std::vector<std::int64_t> lengths;
        for (const auto& tokens : batch.tokens)
            lengths.push_back(extent_of(tokens, data_.images->tokens(), config.most_positions()).length);
        how.splice.packs = vlm::pack_first_fit(lengths, config.pack);
    }
    return vlm::loss(model_.mllm, batch.tokens, features, {.divisor = divisor}, how);
}

/// @return this micro-batch's share of the loss
at::Tensor StageLoop::backward(const MicroBatch& batch, double divisor) {
    const auto features = data_.images->features(batch.images, stage_.dtype());
    const auto loss = loss_of(batch, features, divisor);
    // The optimizer takes the mean over ranks. Of texts alone the projector has no part in the loss.
    if (loss.requires_grad()) loss.mul(comm_.size()).backward();
    return loss.detach();
}

void StageLoop::add(const PreparedUpdate& update, Totals& totals) const {
    const auto each = data_.images->tokens();
    for (const auto& batch : update.batches) {
        totals.samples += static_cast<double>(batch.samples.size());
        totals.tokens += static_cast<double>(batch.length);
        totals.labels += static_cast<double>(batch.labels);
        for (const auto& one : batch.tokens) {
            Work work;
            const auto length = extent_of(one, each, stage_.config.most_positions()).length;
            work.add_sample(length, 0, each * images_in(one));
            totals.pairs += static_cast<double>(work.pairs);
            totals.image_tokens += static_cast<double>(work.image_tokens);
        }
    }
    totals.bad += static_cast<double>(update.bad.size());
    totals.mismatches += static_cast<double>(update.mismatches);
    totals.stop += run::stop_requested() ? 1 : 0;
}

Step StageLoop::step(bool save_wished) {
    const auto start = Clock::now();
    const double waited = pipeline_->waited();
    const auto update = pipeline_->next();
    Totals totals{};
    const double stall = pipeline_->waited() - waited;
    const auto divisors = labels_of_groups(update);
    auto& optimizer = *model_.optimizer;
    auto sum = at::zeros({}, at::TensorOptions(at::kFloat).device(stage_.resources.device));
    for (std::size_t i = 0; i < update.batches.size(); ++i) {
        const auto& batch = update.batches[i];
        optimizer.begin_backward(i + 1 == update.batches.size());
        if (batch.labels > 0) sum.add_(backward(batch, divisors[static_cast<std::size_t>(batch.loss_group)]));
        optimizer.finish_backward();
    }
    totals.loss = sum.item<double>();
    totals.save = save_wished ? 1 : 0;
    add(update, totals);
    comm_.group().sum(std::span(&totals.loss, sizeof totals / sizeof totals.loss));
    Step step{.stop = totals.stop > 0, .save = totals.save > 0};
    const double rate = schedule_.rate(done());
    const auto count = [](double number) { return static_cast<std::int64_t>(number); };
    step.record = {.update = update.update + 1,
                   .loss = totals.loss,
                   .learning_rate = rate,
                   .gradient_norm = optimizer.update(rate).gradient_norm,
                   .samples = count(totals.samples),
                   .tokens = count(totals.tokens),
                   .labels = count(totals.labels),
                   .bad = count(totals.bad)};
    step.mismatches = count(totals.mismatches);
    if (step.record.bad > 0) step.bad = gathered(update.bad);
    check_labels(step);
    step.wrong = divergence_in(step, update);
    const auto longest_stall = comm_.group().max(static_cast<std::int64_t>(stall * k_microseconds));
    const double seconds = seconds_since(start);
    const Work work{count(totals.tokens), count(totals.pairs), count(totals.labels),
                    count(totals.image_tokens)};
    const double flops = training_flops(stage_.llm.config, model_.projector_weights, work, stage_.trains_llm);
    step.timing = {.update = step.record.update,
                   .seconds = seconds,
                   .tokens_per_second = totals.tokens / seconds,
                   .mfu = peak_ > 0 ? flops / seconds / (peak_ * comm_.size()) : std::nan(""),
                   .data_stall = static_cast<double>(longest_stall) / k_microseconds / seconds,
                   .gpus = stage_.resources.device.is_cuda() ? comm_.size() : 0};
    return step;
}

std::vector<BadSample> StageLoop::gathered(const std::vector<BadSample>& mine) const {
    core::Json json = core::Json::array();
    for (const auto& one : mine) json.push_back({one.sample, one.name, one.what});
    std::vector<BadSample> all;
    for (const auto& bytes :
         comm_.group().gather_bytes(json.dump(-1, ' ', false, core::Json::error_handler_t::replace)))
        for (const auto& one : core::parse_json(bytes, "bad samples"))
            all.push_back(
                {one.at(0).get<std::int64_t>(), one.at(1).get<std::string>(), one.at(2).get<std::string>()});
    return all;
}

/// Stops where nothing is learned any more: a wrong folder of images, or masks that fit no answer.
void StageLoop::check_labels(const Step& step) {
    without_labels_ = step.record.labels > 0 ? 0 : without_labels_ + 1;
    if (without_labels_ < k_most_without_labels) return;
    const bool all_bad = step.record.samples == 0;
    throw core::input_error(
        fmt::format("{}: {} updates in a row had nothing to learn, up to update {}", stage_.settings.data,
                    without_labels_, step.record.update),
        all_bad ? "none of the last one's samples could be used"
                : "the masks or --longest-spliced leave no answer, as published masks do where their count "
                  "is wrong",
        all_bad ? fmt::format("check --{}-images", stage_.name())
                : fmt::format("use --masks corrected, another --{}-form, or a greater limit", stage_.name()));
}

/// Stops where training has gone wrong, with the samples that it may be due to.
std::optional<core::Error> StageLoop::divergence_in(const Step& step, const PreparedUpdate& update) {
    const auto divergence = watch_.look(step.record);
    if (!divergence) return std::nullopt;
    std::vector<SampleLoss> all;
    core::Json mine = core::Json::array();
    for (const auto& one : losses_of(update)) mine.push_back({one.sample, core::number(one.loss)});
    for (const auto& bytes :
         comm_.group().all_gather_bytes(mine.dump(-1, ' ', false, core::Json::error_handler_t::replace)))
        for (const auto& one : core::parse_json(bytes, "losses"))
            all.push_back(
                {one.at(0).get<std::string>(), one.at(1).is_null() ? std::nan("") : one.at(1).get<double>()});
    return divergence_error(*divergence, std::move(all));
}

/// Each sample of an update by itself.
std::vector<SampleLoss> StageLoop::losses_of(const PreparedUpdate& update) const {
    const at::NoGradGuard no_gradients;
    std::vector<SampleLoss> losses;
    for (const auto& batch : update.batches) {
        const auto features = data_.images->features(batch.images, stage_.dtype());
        std::size_t image = 0;
        for (std::size_t i = 0; i < batch.tokens.size(); ++i) {
            const auto images = static_cast<std::size_t>(vlm::images_wanted(batch.tokens[i]));
            const MicroBatch alone{.samples = {batch.samples[i]}, .tokens = {batch.tokens[i]}, .images = {}};
            const auto loss = loss_of(alone, std::span(features).subspan(image, images), 0);
            losses.push_back({data_.list->read(batch.samples[i]).name, loss.item<double>()});
            image += images;
        }
    }
    return losses;
}

}  // namespace lvr::train
