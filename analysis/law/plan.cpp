// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include <analysis/law/plan_job.hpp>
#include <analysis/law/planners.hpp>
#include <lvr/core/error.hpp>

namespace lvr::analysis {
namespace {

using core::Json;
using core::number;
using Eigen::Index;

constexpr double k_plan_level = 0.9;
constexpr int k_most_observations = 4000;  // the model solves a dense system of this size
constexpr double k_contradicted = 0.05;
constexpr double k_supported = 0.95;

/// The table as the planner sees it.
struct PlanInput {
    std::vector<std::string> benchmarks;  // [B]
    std::vector<int> rows;                // [N] candidates: rows of the table with A and C
    Candidates candidates;
    std::vector<Observation> measured;
    std::vector<int> trained;  // places in `rows`, with a score on these benchmarks or not
    std::vector<std::string> notes;
    std::string gain_unit;
};

using Benchmarks = std::vector<const BenchmarkColumn*>;

/// Rows with C and with the A of all these benchmarks.
std::vector<int> complete_rows(const Table& table, const Benchmarks& benchmarks) {
    std::vector<int> rows;
    for (int row = 0; row < table.rows(); ++row) {
        const bool has_a = std::all_of(benchmarks.begin(), benchmarks.end(),
                                       [&](auto* b) { return std::isfinite(b->a[row]); });
        if (has_a && std::isfinite(table.c[row])) rows.push_back(row);
    }
    return rows;
}

/// Benchmarks with a score on one of the rows; all if none has any.
Benchmarks scored_benchmarks(const Benchmarks& benchmarks, const std::vector<int>& rows) {
    Benchmarks scored;
    for (const auto* benchmark : benchmarks) {
        if (rows_of(benchmark->score, rows).array().isFinite().any()) scored.push_back(benchmark);
    }
    return scored.empty() ? benchmarks : scored;
}

/// Benchmarks that an A column serves; all if none is served.
Benchmarks served_benchmarks(const Table& table, PlanInput& input) {
    Benchmarks all, served;
    for (const auto& benchmark : table.benchmarks) {
        all.push_back(&benchmark);
        if (benchmark.a.array().isFinite().any()) served.push_back(&benchmark);
    }
    if (served.empty()) return all;
    for (const auto* benchmark : all) {
        if (std::find(served.begin(), served.end(), benchmark) == served.end())
            input.notes.push_back(benchmark->name + ": it has no A, so it has no say in the plan.");
    }
    return served;
}

/// The candidates and the benchmarks that have a say: where some benchmarks have scores, those without have
/// none.
Benchmarks choose_candidates(const Table& table, PlanInput& input) {
    const Benchmarks benchmarks = served_benchmarks(table, input);
    input.rows = complete_rows(table, benchmarks);
    const Benchmarks scored = scored_benchmarks(benchmarks, input.rows);
    for (const auto* benchmark : benchmarks) {
        if (std::find(scored.begin(), scored.end(), benchmark) == scored.end()) {
            input.notes.push_back(
                benchmark->name +
                ": no representation with A and C has a score on it, so it has no say in the plan.");
        }
    }
    input.rows = complete_rows(table, scored);  // fewer benchmarks, fewer A to ask for: never fewer rows
    for (int row = 0; row < table.rows(); ++row) {
        if (std::binary_search(input.rows.begin(), input.rows.end(), row)) continue;
        input.notes.push_back(
            table.representations[static_cast<std::size_t>(row)] +
            ": A or C is missing, so it cannot be planned, and what it scored is not used.");
    }
    return scored;
}

bool is_trained(const Table& table, int row) {
    if (!table.trained.empty() && table.trained[static_cast<std::size_t>(row)]) return true;
    return std::any_of(table.benchmarks.begin(), table.benchmarks.end(),
                       [&](const auto& benchmark) { return std::isfinite(benchmark.score[row]); });
}

/// An evaluation takes minutes where a training takes days: what is trained but has no score on a benchmark
/// is said.
void note_unevaluated(const Table& table, const Benchmarks& benchmarks, PlanInput& input) {
    for (const auto* benchmark : benchmarks) {
        std::vector<std::string> names;
        for (const int i : input.trained) {
            const int row = input.rows[static_cast<std::size_t>(i)];
            if (!std::isfinite(benchmark->score[row]))
                names.push_back(table.representations[static_cast<std::size_t>(row)]);
        }
        if (names.empty()) continue;
        input.notes.push_back(fmt::format("already trained, not yet evaluated on {}: {}: evaluate {} first",
                                          benchmark->name, fmt::join(names, ", "),
                                          names.size() == 1 ? "it" : "them"));
    }
}

std::string gain_unit(const Benchmarks& benchmarks) {
    if (benchmarks.size() > 1) return "sum of gains in units of each benchmark's scale";
    return benchmarks.front()->unit.empty() ? "score units" : benchmarks.front()->unit;
}

PlanInput plan_input(const Table& table) {
    PlanInput input;
    const Benchmarks benchmarks = choose_candidates(table, input);
    const auto count = static_cast<Index>(input.rows.size());
    if (count == 0)
        throw core::input_error("no representation has A and C", "there is nothing to plan with",
                                "measure A and C first");
    input.candidates = {Eigen::MatrixXd(static_cast<Index>(benchmarks.size()), count),
                        rows_of(table.c, input.rows)};
    for (std::size_t b = 0; b < benchmarks.size(); ++b) {
        input.benchmarks.push_back(benchmarks[b]->name);
        input.candidates.a.row(static_cast<Index>(b)) = rows_of(benchmarks[b]->a, input.rows);
        const Eigen::VectorXd scores = rows_of(benchmarks[b]->score, input.rows);
        for (int i = 0; i < static_cast<int>(count); ++i) {
            if (std::isfinite(scores[i])) input.measured.push_back({static_cast<int>(b), i, scores[i]});
        }
    }
    for (int i = 0; i < static_cast<int>(count); ++i) {
        if (is_trained(table, input.rows[static_cast<std::size_t>(i)])) input.trained.push_back(i);
    }
    note_unevaluated(table, benchmarks, input);
    input.gain_unit = gain_unit(benchmarks);
    return input;
}

Json interval_json(const Interval& interval) {
    return Json::array({number(interval.low), number(interval.high)});
}

Json pick_json(const std::string& name) {
    return {{"representation", name}, {"gain", nullptr}, {"interval", nullptr}, {"intervals", nullptr}};
}

void describe_pick(const GpModel& model, const PlanInput& input, int pick, Json& json) {
    json["gain"] = number(model.expected_improvement()[pick]);
    json["intervals"] = Json::object();
    for (std::size_t b = 0; b < input.benchmarks.size(); ++b) {
        json["intervals"][input.benchmarks[b]] =
            interval_json(model.interval(static_cast<int>(b), pick, k_plan_level));
    }
    if (input.benchmarks.size() == 1) json["interval"] = json["intervals"].front();
}

/// Chooses one after the other; after each the model goes on with its own predicted mean.
class Batch {
  public:
    Batch(GpModel& model, const PlanInput& input) : model_(model), input_(input) {
        excluded_.assign(static_cast<std::size_t>(input.candidates.size()), false);
        for (const int i : input.trained) excluded_[static_cast<std::size_t>(i)] = true;
        if (!input.measured.empty()) model_.measure(input.measured);
        meaningful_ = model_.has_scale();
    }

    /// @return the pick's JSON, or null if none is left
    Json next(const std::vector<std::string>& names) {
        const bool is_first = input_.measured.empty() && !started_;
        const int pick =
            is_first ? model_.first_pick(excluded_) : first_largest(model_.expected_improvement(), excluded_);
        if (pick < 0) return nullptr;
        Json json = pick_json(names[static_cast<std::size_t>(input_.rows[static_cast<std::size_t>(pick)])]);
        if (meaningful_) describe_pick(model_, input_, pick, json);
        is_first ? model_.believe_prior(pick) : model_.believe(pick);
        excluded_[static_cast<std::size_t>(pick)] = true;
        started_ = true;
        return json;
    }

  private:
    GpModel& model_;
    const PlanInput& input_;
    std::vector<bool> excluded_;
    bool meaningful_ = false, started_ = false;
};

std::string verdict(const std::string& benchmark, double more, double less) {
    const char* claim = "more A and more C is better";
    if (more < k_contradicted) {
        return fmt::format(
            "{}: the measured scores contradict the prior that {} (probability {:.3f}; {:.3f} for the "
            "opposite).",
            benchmark, claim, more, less);
    }
    if (more > k_supported)
        return fmt::format("{}: the measured scores support the prior that {} (probability {:.3f}).",
                           benchmark, claim, more);
    return fmt::format("{}: the measured scores do not decide whether {} (probability {:.3f}).", benchmark,
                       claim, more);
}

/// What the evidence says of the prior, benchmark by benchmark, once enough scores are there. Whichever
/// planner chooses, it is the averaged model that is asked.
void judge_prior(const PlanInput& input, Json& json) {
    json["prior"] = Json::object();
    if (input.measured.size() > k_most_observations) {
        json["notes"].push_back(fmt::format(
            "Whether the scores fit the prior is not judged: {} are more than {}, a dense system's size.",
            input.measured.size(), k_most_observations));
        for (const auto& benchmark : input.benchmarks) json["prior"][benchmark] = nullptr;
        return;
    }
    GpModel model = gaussian_model(Planner::average, input.candidates);
    if (!input.measured.empty()) model.measure(input.measured);
    for (std::size_t b = 0; b < input.benchmarks.size(); ++b) {
        const int at = static_cast<int>(b);
        const auto count = std::count_if(input.measured.begin(), input.measured.end(),
                                         [&](const auto& seen) { return seen.benchmark == at; });
        Json entry = nullptr;
        if (count >= k_averaged.fewest && model.has_scale(at)) {
            entry = {{"more_is_better", model.weight(at, 0)},
                     {"no_trend", model.weight(at, 1)},
                     {"less_is_better", model.weight(at, 2)}};
            json["notes"].push_back(verdict(input.benchmarks[b], model.weight(at, 0), model.weight(at, 2)));
        }
        json["prior"][input.benchmarks[b]] = entry;
    }
}

void plan_gaussian(Planner planner, const Table& table, const PlanInput& input, std::int64_t budget,
                   Json& json) {
    if (input.measured.size() > k_most_observations) {
        throw core::usage_error(
            fmt::format("{} measured scores are too many for this planner", input.measured.size()),
            fmt::format("it solves a dense system; it takes up to {}", k_most_observations),
            "plan for fewer benchmarks with --benchmark, or use --planner d-optimal");
    }
    GpModel model = gaussian_model(planner, input.candidates);
    Batch batch(model, input);
    for (std::int64_t k = 0; k < budget; ++k) {
        Json pick = batch.next(table.representations);
        if (pick.is_null()) break;
        json["plan"].push_back(pick);
    }
}

void plan_blind(Planner planner, const Table& table, const PlanInput& input, const FitConfig& config,
                Json& json) {
    core::KeyedRng rng(static_cast<std::uint64_t>(config.seed), {"plan", name_of(planner)});
    std::vector<int> trained = input.trained;
    for (std::int64_t k = 0; k < config.budget && static_cast<int>(trained.size()) < input.candidates.size();
         ++k) {
        trained.push_back(next_blind(planner, input.candidates, trained, rng));
        const int row = input.rows[static_cast<std::size_t>(trained.back())];
        json["plan"].push_back(pick_json(table.representations[static_cast<std::size_t>(row)]));
    }
}

}  // namespace

Json plan_json(const Table& table, const FitConfig& config) {
    const PlanInput input = plan_input(table);
    const Planner planner = planner_named(config.planner);
    Json json;
    json["plan"] = Json::array();
    json["planner"] = config.planner;
    json["gain_unit"] = input.gain_unit;
    json["notes"] = input.notes;
    judge_prior(input, json);
    if (is_gaussian(planner))
        plan_gaussian(planner, table, input, config.budget, json);
    else
        plan_blind(planner, table, input, config, json);
    if (static_cast<std::int64_t>(json["plan"].size()) < config.budget) {
        json["notes"].push_back(fmt::format("Left to train: {}, fewer than the budget of {}.",
                                            json["plan"].size(), config.budget));
    }
    return json;
}

}  // namespace lvr::analysis
