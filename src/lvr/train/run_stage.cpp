// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/kernels/device.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/same_settings.hpp>
#include <lvr/train/checkpoint.hpp>
#include <lvr/train/progress.hpp>
#include <lvr/train/stage.hpp>
#include <lvr/train/stage_loop.hpp>
#include <lvr/train/stage_result.hpp>

namespace lvr::train {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using core::Json;

/// How often rank 0 wants a checkpoint by the clock.
class Timer {
  public:
    explicit Timer(double minutes) : period_(minutes * 60) {}
    bool is_due() const {
        return period_ > 0 && std::chrono::duration<double>(Clock::now() - last_).count() >= period_;
    }
    void reset() { last_ = Clock::now(); }

  private:
    double period_;
    Clock::time_point last_ = Clock::now();
};

double peak_flops(const Stage& stage) {
    if (stage.config.peak_tflops > 0) return stage.config.peak_tflops * 1e12;
    const auto peak = peak_of(stage.resources.device, stage.dtype());
    if (stage.group.rank() == 0) core::info("MFU is a share of {} per rank", peak.how);
    return peak.flops_per_second;
}

Json to_json(const FoundBad& bad) {
    Json json = Json::array();
    for (const auto& [number, one] : bad) json.push_back({number, one.name, one.what});
    return json;
}

FoundBad bad_from(const Json& json) {
    FoundBad bad;
    for (const auto& one : json)
        bad[one.at(0).get<std::int64_t>()] = {one.at(0).get<std::int64_t>(), one.at(1).get<std::string>(),
                                              one.at(2).get<std::string>()};
    return bad;
}

/// A stage on its way: the loop, and what is written beside it.
class Run {
  public:
    Run(const Stage& stage, comm::TensorComm& comm)
        : stage_(stage),
          comm_(comm),
          loop_(stage, comm, peak_flops(stage)),
          timer_(stage.config.save_minutes) {
        record_.identity = {{"settings", stage.identity()}, {"inputs", loop_.data().identity}};
        if (is_root() && stage.trains_llm) llava_ = known_to_transformers(stage);
    }

    StageOutcome run() {
        go_on();
        loop_.start();
        while (loop_.done() < loop_.updates()) update();
        StageOutcome outcome;
        par::together(stage_.group, [&] {
            stage_.expect_held();
            if (is_root()) outcome = finish_stage(stage_, loop_, *metrics_, record_, llava_);
        });
        if (is_root() && stage_.config.keep > 0) remove_checkpoints(stage_.folder());
        stage_.group.broadcast(outcome.bad);
        return outcome;
    }

  private:
    bool is_root() const { return comm_.rank() == 0; }
    std::string name() const { return stage_.representation.id() + " " + stage_.name(); }

    /// From the newest checkpoint, if there is one.
    void go_on() {
        std::string newest;
        par::together(stage_.group, [&] {
            if (!is_root()) return;
            files::make_folder(stage_.folder());
            newest = newest_checkpoint(stage_.folder()).value_or("").string();
        });
        stage_.group.broadcast(newest);
        if (!newest.empty()) restore(newest);
        par::together(stage_.group, [&] {
            if (is_root()) metrics_ = std::make_unique<MetricsLog>(stage_.folder(), loop_.done());
        });
        recall();
        if (is_root()) say_start();
    }

    void restore(const fs::path& checkpoint) {
        par::together(stage_.group, [&] {
            const Json state = checkpoint_state(checkpoint);
            if (!state.is_object() || !state.contains("identity") || !state.contains("bad") ||
                !state.contains("mismatches"))
                throw core::input_error(checkpoint.string() + "/state.json: is not of a stage of lvr-train",
                                        "training cannot go on from it", "remove this checkpoint");
            run::expect_same(state.at("identity"), record_.identity,
                             {stage_.folder(), "the curve would be of two trainings"});
            record_.bad = bad_from(state.at("bad"));
            record_.mismatches = state.at("mismatches").get<std::int64_t>();
        });
        read_checkpoint(checkpoint, *loop_.model().optimizer, comm_);
    }

    /// What is normal for the loss, on every rank.
    void recall() {
        std::string lines;
        if (is_root()) {
            Json json = Json::array();
            const auto& all = metrics_->updates();
            const auto count = std::min<std::size_t>(all.size(), 4 * LossWatchSpec().window);
            for (auto i = all.size() - count; i < all.size(); ++i)
                json.push_back({all[i].update, core::number(all[i].loss), core::number(all[i].gradient_norm),
                                all[i].labels});
            lines = json.dump();
        }
        stage_.group.broadcast(lines);
        std::vector<UpdateRecord> records;
        for (const auto& one : core::parse_json(lines, "losses"))
            if (one.at(1).is_number() && one.at(2).is_number())
                records.push_back({.update = one.at(0).get<std::int64_t>(),
                                   .loss = one.at(1).get<double>(),
                                   .gradient_norm = one.at(2).get<double>(),
                                   .labels = one.at(3).get<std::int64_t>()});
        loop_.watch().recall(records);
    }

    void say_start() {
        const auto& counts = loop_.data().order->counts();
        core::info(
            "{}: {} of {} samples, {} with images; updates {} to {}; ranks: {}, each with threads: {}, "
            "on {}",
            name(), counts.trained, counts.samples, counts.with_image, loop_.done() + 1, loop_.updates(),
            comm_.size(), stage_.resources.threads, kernels::device_name(stage_.resources.device));
        progress_ = std::make_unique<TrainingProgress>(
            TrainingProgressSpec{.name = name(), .updates = loop_.updates()});
    }

    void update() {
        const auto step = loop_.step(is_root() && timer_.is_due());
        record_.mismatches += step.mismatches;
        par::together(stage_.group, [&] {
            if (is_root()) note(step);
            if (step.wrong) throw *step.wrong;
        });
        const bool is_last = loop_.done() == loop_.updates();
        const auto every = stage_.config.save_updates;
        const bool is_due = step.save || (every > 0 && loop_.done() % every == 0);
        if (step.stop || is_due || is_last) save();  // the last one too: exporting may fail
        if (step.stop && !is_last) stop();
    }

    void note(const Step& step) {
        metrics_->add(step.record);
        metrics_->add(step.timing);
        progress_->add(step.record, step.timing);
        for (const auto& one : step.bad) {
            constexpr std::size_t most_said = 20;
            if (record_.bad.emplace(one.sample, one).second && record_.bad.size() <= most_said)
                core::warn("{}: {}; it is left out", one.name, one.what);
        }
    }

    void save() {
        par::together(stage_.group, [&] { stage_.expect_held(); });
        const Json state = {{"identity", record_.identity},
                            {"mismatches", record_.mismatches},
                            {"bad", to_json(record_.bad)}};
        const auto keep = stage_.config.keep;
        const auto folder = write_checkpoint(stage_.folder(), *loop_.model().optimizer, comm_, state, keep);
        timer_.reset();
        if (is_root()) core::info("{}: {}", name(), folder.string());
    }

    [[noreturn]] void stop() const {
        throw core::Error(core::ErrorKind::interrupted,
                          fmt::format("{}: stopped by a signal behind update {} of {}", name(), loop_.done(),
                                      loop_.updates()),
                          "", "start the same command again to go on");
    }

    const Stage& stage_;
    comm::TensorComm& comm_;
    StageLoop loop_;
    Timer timer_;
    StageRecord record_;
    std::optional<vlm::LlavaEncoder> llava_;      // rank 0
    std::unique_ptr<MetricsLog> metrics_;         // rank 0
    std::unique_ptr<TrainingProgress> progress_;  // rank 0
};

/// What is complete already: rank 0 alone looks, as nodes may see a shared folder differently.
std::optional<StageOutcome> already(const Stage& stage) {
    std::optional<StageOutcome> finished;
    par::together(stage.group, [&] {
        if (stage.group.rank() != 0) return;
        finished = finished_stage(stage);
        if (!finished) return;
        core::info("{} {}: is complete", stage.representation.id(), stage.name());
        if (stage.config.keep > 0) remove_checkpoints(stage.folder());
    });
    std::int64_t is_finished = finished ? 1 : 0;
    stage.group.broadcast(is_finished);
    return is_finished != 0 && !finished ? StageOutcome() : finished;
}

}  // namespace

StageOutcome run_stage(const Stage& outer) {
    // A group of its own: a rank that fails frees those that wait for it in any operation of this group.
    const auto comm = par::together(
        outer.group, [&] { return comm::make_tensor_comm(outer.group, outer.resources.device); });
    const Stage stage = outer.among(comm->group());
    return par::together(stage.group, [&] {
        try {
            if (const auto finished = already(stage)) return *finished;
            Run run(stage, *comm);
            return run.run();
        } catch (...) {
            comm->abandon();
            throw;
        }
    });
}

}  // namespace lvr::train
