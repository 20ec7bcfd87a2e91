// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <analysis/law/plan_job.hpp>
#include <analysis/law/planners.hpp>
#include <analysis/law/study_table.hpp>
#include <lvr/core/error.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/run/signals.hpp>

namespace lvr::analysis {
namespace {

using core::Json;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int k_budgets = 6;
constexpr int k_table_draws =
    1000;  // of the planners that draw, on the table as it is (the paper: 1000 runs)
constexpr int k_stress_repeats = 3;  // of the same in each stressed table
constexpr int k_stress_draws = 120;

/// Hits of one planner: [reading 0 practical, 1 predicted][benchmark][K]
struct Hits {
    std::vector<std::int64_t> counts;
    std::int64_t runs = 0;  // of every benchmark

    explicit Hits(std::size_t benchmarks) : counts(2 * benchmarks * k_budgets) {}
    std::int64_t& at(std::size_t reading, std::size_t benchmark, std::size_t k) {
        return counts[(reading * (counts.size() / 2 / k_budgets) + benchmark) * k_budgets + k];
    }
};

/// One planner of the study: alone on each benchmark, or on all benchmarks at once.
struct Contender {
    Planner planner;
    bool at_once = false;

    std::string name() const { return name_of(planner) + (at_once ? "_all_at_once" : ""); }
    bool draws() const { return planner == Planner::region || planner == Planner::uniform; }
};

std::vector<Contender> contenders() {
    std::vector<Contender> all;
    for (const Planner planner : all_planners()) all.push_back({planner});
    all.push_back({Planner::average, true});
    all.push_back({Planner::gp, true});
    return all;
}

bool holds(const std::vector<int>& shortlist, int best) {
    return std::find(shortlist.begin(), shortlist.end(), best) != shortlist.end();
}

void count_hits(const std::vector<std::vector<Recommendation>>& runs, std::size_t first,
                const MatrixXd& scores, Hits& hits) {
    for (std::size_t b = 0; b < static_cast<std::size_t>(scores.rows()); ++b) {
        Index best = 0;
        scores.row(static_cast<Index>(b)).maxCoeff(&best);
        for (std::size_t k = 0; k < k_budgets; ++k) {
            const auto& said =
                runs[std::min(k, runs.size() - 1)][b];  // fewer candidates than K: all are trained
            hits.at(0, first + b, k) += holds(said.practical, static_cast<int>(best));
            hits.at(1, first + b, k) += holds(said.predicted, static_cast<int>(best));
        }
    }
}

void play(const Contender& contender, const StudyTable& table, std::int64_t repeats,
          const core::KeyedRng& rng, Hits& hits) {
    core::KeyedRng stream = rng;
    for (std::int64_t repeat = 0; repeat < (contender.draws() ? repeats : 1); ++repeat) {
        ++hits.runs;
        if (contender.at_once) {
            count_hits(run_planner(contender.planner, table.candidates, table.scores, k_budgets, stream), 0,
                       table.scores, hits);
            continue;
        }
        for (Index b = 0; b < table.scores.rows(); ++b) {
            run::stop_if_requested();
            const Candidates one{table.candidates.a.row(b), table.candidates.c};
            const auto runs = run_planner(contender.planner, one, table.scores.row(b), k_budgets,
                                          core::KeyedRng(stream.next(), {contender.name()}));
            count_hits(runs, static_cast<std::size_t>(b), table.scores.row(b), hits);
        }
    }
}

/// Recall in percent over K = 1..6, per benchmark and as means over "all" and over those not left out.
Json recall_json(Hits& hits, const StudyTable& table, const std::vector<std::string>& left_out) {
    Json json;
    for (const std::size_t reading : {std::size_t{0}, std::size_t{1}}) {
        Json& entry = json[reading == 0 ? "practical" : "predicted"];
        std::vector<double> all(k_budgets), selected(k_budgets);
        double count_selected = 0;
        for (std::size_t b = 0; b < table.benchmarks.size(); ++b) {
            const bool is_selected =
                std::find(left_out.begin(), left_out.end(), table.benchmarks[b]) == left_out.end();
            count_selected += is_selected;
            std::vector<double> recall;
            for (std::size_t k = 0; k < k_budgets; ++k) {
                recall.push_back(100.0 * static_cast<double>(hits.at(reading, b, k)) /
                                 static_cast<double>(hits.runs));
                all[k] += recall[k];
                if (is_selected) selected[k] += recall[k];
            }
            entry["benchmarks"][table.benchmarks[b]] = core::numbers(recall);
        }
        for (double& value : all) value /= static_cast<double>(table.benchmarks.size());
        for (double& value : selected) value /= count_selected;
        entry["all"] = core::numbers(all);
        entry["selected"] = core::numbers(selected);
    }
    return json;
}

/// Every contender on the table itself. Those that draw share their draws out over the ranks.
Json as_measured(const StudyTable& table, double sign, const FitConfig& config, const par::Comm& comm) {
    Json json;
    const StudyTable played = signed_table(table, sign);
    for (const auto& contender : contenders()) {
        Hits hits(table.benchmarks.size());
        const std::int64_t draws = contender.draws() ? k_table_draws : 1;
        for (std::int64_t draw = comm.rank(); draw < draws; draw += comm.size()) {
            const core::KeyedRng rng(static_cast<std::uint64_t>(config.seed), {"study", contender.name()},
                                     static_cast<std::uint64_t>(draw));
            play(contender, played, 1, rng, hits);
        }
        comm.sum(std::span<std::int64_t>(hits.counts));
        comm.sum(std::span<std::int64_t>(&hits.runs, 1));
        json[contender.name()] = recall_json(hits, table, config.study_without);
    }
    return json;
}

Json under_stress(const StudyTable& table, double sign, const FitConfig& config, const par::Comm& comm) {
    Json json;
    for (const auto& contender : contenders()) {
        Hits hits(table.benchmarks.size());
        for (std::int64_t draw = comm.rank(); draw < k_stress_draws; draw += comm.size()) {
            const core::KeyedRng rng(static_cast<std::uint64_t>(config.seed), {"stress", contender.name()},
                                     static_cast<std::uint64_t>(draw));
            play(contender, stressed(table, sign, config.seed, draw), k_stress_repeats, rng, hits);
        }
        comm.sum(std::span<std::int64_t>(hits.counts));
        comm.sum(std::span<std::int64_t>(&hits.runs, 1));
        json[contender.name()] = recall_json(hits, table, config.study_without);
    }
    return json;
}

}  // namespace

Json plan_study_json(const Table& table, const FitConfig& config, const par::Comm& comm) {
    const StudyTable study = study_table(table, config.input);
    Json json;
    std::vector<double> budgets(k_budgets);
    std::iota(budgets.begin(), budgets.end(), 1.0);
    json["trained"] = core::numbers(budgets);
    json["left_out_of_selected"] = config.study_without;
    json["as_measured"] = as_measured(study, 1, config, comm);
    json["negated"] = as_measured(study, -1, config, comm);
    json["stress"] = under_stress(study, 1, config, comm);
    json["stress_negated"] = under_stress(study, -1, config, comm);
    return json;
}

}  // namespace lvr::analysis
