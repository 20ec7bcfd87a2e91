// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/train.hpp>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/serialization/map.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/text_table.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/run/lease.hpp>
#include <lvr/run/rank_groups.hpp>
#include <lvr/run/signals.hpp>
#include <lvr/train/stage.hpp>

namespace lvr::train {
namespace {

/// What a model's group tells rank 0, by the model's number.
struct ModelReport {
    std::string text;           ///< what --dry-run found, or a line per stage
    std::int64_t left_out = 0;  ///< samples, of both stages

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& text& left_out;
    }
};
using Reports = std::map<std::int64_t, ModelReport>;

/// All that the groups share.
struct Training {
    const TrainConfig& config;
    LanguageModel llm;
    Resources resources;
    std::vector<encoders::EncoderCard> cards;
};

std::unique_ptr<run::Lease> lease_of(const par::Comm& group, const std::filesystem::path& folder) {
    return par::together(group, [&] {
        if (group.rank() != 0) return std::unique_ptr<run::Lease>();
        files::make_folder(folder);
        return std::make_unique<run::Lease>(folder);
    });
}

/// Both stages of one model, or the one that is asked for.
ModelReport train_model(const Training& training, const par::Comm& group, std::int64_t number) {
    const auto& config = training.config;
    Representation representation(config, training.cards[static_cast<std::size_t>(number)],
                                  training.resources);
    ModelReport report;
    std::unique_ptr<run::Lease> lease;  // the group's first rank has it
    if (!config.dry_run) lease = lease_of(group, std::filesystem::path(config.out) / representation.id());
    for (const bool trains_llm : {false, true}) {
        if (!(trains_llm ? config.with_finetune : config.with_align)) continue;
        const Stage stage{config,
                          trains_llm ? config.finetune : config.align,
                          trains_llm,
                          representation,
                          training.llm,
                          training.resources,
                          group,
                          [&] {
                              if (lease) lease->expect_held();
                          }};
        if (config.dry_run) {
            report.text += try_stage(stage);
            continue;
        }
        run::stop_if_requested();
        const auto outcome = run_stage(stage);
        report.left_out += outcome.bad;
        report.text += fmt::format("{}{}\t{}\t{:.4f}\t{}", report.text.empty() ? "" : "\n", stage.name(),
                                   outcome.updates, outcome.loss, outcome.bad);
    }
    return report;
}

std::string table_of(const Training& training, const Reports& reports,
                     const std::vector<run::ItemOutcome>& outcomes) {
    core::TextTable table{.name = "models",
                          .title = "",
                          .header = {"representation", "stage", "updates", "loss", "left out"},
                          .rows = {}};
    const auto add = [&](const std::string& id, const std::string& line) {
        std::vector<std::string> row = {id};
        for (std::size_t begin = 0; begin <= line.size();) {
            const auto end = std::min(line.find('\t', begin), line.size());
            row.push_back(line.substr(begin, end - begin));
            begin = end + 1;
        }
        table.rows.push_back(row);
    };
    for (const auto& outcome : outcomes) {
        const auto& id = training.cards[static_cast<std::size_t>(outcome.item)].id;
        if (outcome.failure.failed) {
            const auto kind = static_cast<core::ErrorKind>(outcome.failure.kind);
            add(id, kind == core::ErrorKind::interrupted ? "stopped\t\t\t" : "failed\t\t\t");
            continue;
        }
        const std::string& text = reports.at(outcome.item).text;
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = std::min(text.find('\n', begin), text.size());
            add(id, text.substr(begin, end - begin));
            begin = end + 1;
        }
    }
    return core::to_terminal(table);
}

/// @return the exit status @throws Error (interrupted) if a signal stopped it
int judge(const run::Job& job, const std::vector<run::ItemOutcome>& outcomes, const Reports& reports,
          std::size_t models) {
    std::int64_t failed = 0, left_out = 0;
    int status = run::k_exit_ok;
    for (const auto& outcome : outcomes) {
        if (!outcome.failure.failed) continue;
        const auto kind = static_cast<core::ErrorKind>(outcome.failure.kind);
        if (kind == core::ErrorKind::interrupted)
            throw core::Error(kind, "training was stopped by a signal", "",
                              "start the same command again to go on");
        if (failed++ == 0) status = run::exit_status(kind);
    }
    for (const auto& [number, report] : reports) left_out += report.left_out;
    if (failed > 0 && models > 1 && job.is_root())
        core::error("{} of {} models failed; the others are complete", failed, models);
    return status == run::k_exit_ok && left_out > 0 ? run::k_exit_quarantine : status;
}

}  // namespace

int train(run::Job& job, const TrainConfig& config) {
    const auto& world = job.world();
    Training training{
        config, open_language_model(config, world), resources_of(config, world),
        encoders::chosen_cards({config.representation, config.encoder, config.snapshot, config.protocol})};
    at::set_num_threads(training.resources.threads);
    Reports mine;
    const std::int64_t ranks = world.size();
    const auto per_model = config.ranks_per_model > 0 ? std::min(config.ranks_per_model, ranks) : ranks;
    const auto outcomes =
        run::for_each_in_groups(world, per_model, static_cast<std::int64_t>(training.cards.size()),
                                [&](const par::Comm& group, std::int64_t number) {
                                    auto report = train_model(training, group, number);
                                    if (group.rank() == 0) mine[number] = std::move(report);
                                });
    Reports reports;
    for (const auto& theirs : world.all_gather(mine)) reports.insert(theirs.begin(), theirs.end());
    if (config.dry_run) {
        for (const auto& [number, report] : reports) job.print(report.text);
    } else {
        job.print(table_of(training, reports, outcomes));
    }
    return judge(job, outcomes, reports, training.cards.size());
}

}  // namespace lvr::train
