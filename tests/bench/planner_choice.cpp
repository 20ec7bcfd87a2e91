// SPDX-License-Identifier: Apache-2.0
// Chooses the constants of the `average` planner (gp_model.hpp: k_averaged) without looking at the figure
// that `lvr-fit --plan-study` reports: on seeded synthetic laws, and by leaving one benchmark out of the
// paper's tables. Usage: planner_choice data/paper/v1.csv data/paper/v3.csv
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <analysis/law/normalise.hpp>
#include <analysis/law/planners.hpp>
#include <analysis/law/study_table.hpp>
#include <lvr/core/rng.hpp>
#include <lvr/files/results.hpp>

namespace {

using namespace lvr;
using namespace lvr::analysis;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int k_laws = 2000;   // synthetic laws of each kind
constexpr int k_draws = 60;    // stressed tables of each kind
constexpr int k_seed = 20251;  // the study that is reported draws with seed 0
constexpr int k_budgets = 6;

/// What the law is to the prior "more A and more C is better". Mixed: more of the one, less of the other.
enum Kind { positive, mixed, negative, k_kinds };
constexpr std::array<const char*, k_kinds> k_kind_names = {"positive", "mixed", "negative"};

struct Setting {
    std::string name;
    PriorFamilies families;
};

/// Weight of "more is better" x how the rest is shared between "no trend" and "less is better" x from how
/// many scores. "More is better" is what the law claims, so no other family may be likelier.
std::vector<Setting> settings() {
    std::vector<Setting> all = {{"more is better alone (reference)", k_more_is_better}};
    for (const double more : {0.9, 0.8, 0.7, 0.6, 0.5, 0.4}) {
        for (const double flat : {0.0, 0.5, 0.75}) {
            for (const int fewest : {2, 3, 4, 5}) {
                const double rest = 1 - more;
                if (std::max(flat, 1 - flat) * rest > more) continue;
                const std::vector<double> prior = {more, flat * rest, (1 - flat) * rest};
                all.push_back({fmt::format("{:.2f} / {:.3f} / {:.3f} from {} scores", prior[0], prior[1],
                                           prior[2], fewest),
                               {{1, 0, -1}, prior, fewest}});
            }
        }
    }
    return all;
}

/// Hits out of runs, by [kind][K - 1], practical reading of Recall@3.
struct Tally {
    std::array<std::array<double, k_budgets>, k_kinds> hits{};
    std::array<double, k_kinds> runs{};

    double recall(Kind kind, int trained) const {
        return 100 * hits[kind][static_cast<std::size_t>(trained - 1)] / runs[kind];
    }
    Tally& operator+=(const Tally& other) {
        for (std::size_t kind = 0; kind < k_kinds; ++kind) {
            runs[kind] += other.runs[kind];
            for (std::size_t k = 0; k < k_budgets; ++k) hits[kind][k] += other.hits[kind][k];
        }
        return *this;
    }
};

void play(const Setting& setting, const Candidates& candidates, const VectorXd& scores, Kind kind,
          Tally& tally) {
    const auto runs = run_gaussian({plan_space(candidates.a, candidates.c), setting.families},
                                   scores.transpose(), k_budgets);
    Index best = 0;
    scores.maxCoeff(&best);
    tally.runs[kind] += 1;
    for (std::size_t k = 0; k < k_budgets; ++k) {
        const auto& listed = runs[std::min(k, runs.size() - 1)].front().practical;
        tally.hits[kind][k] +=
            std::find(listed.begin(), listed.end(), static_cast<int>(best)) != listed.end();
    }
}

/// Recall where the prior is wrong: mixed and negative laws after four, five and six trainings.
double where_wrong(const Tally& tally) {
    double sum = 0;
    for (const int trained : {4, 5, 6}) sum += tally.recall(mixed, trained) + tally.recall(negative, trained);
    return sum / 6;
}

/// The rule. Keep what the prior is for: on positive laws, after four trainings, a setting may lose at most
/// `tolerance` points to the best one, in every source of evidence. The default is the margin that the
/// project's goal leaves to the reference method: 91 % was measured of it under stress, 88 % is asked for.
/// Among those settings take the one that does best where the prior is wrong, the sources counting alike.
std::size_t choose(const std::vector<const std::vector<Tally>*>& sources, double tolerance = 3) {
    const std::size_t count = sources.front()->size();
    std::vector<double> worth(count);
    for (const auto* tallies : sources) {
        double best = 0;
        for (const auto& tally : *tallies) best = std::max(best, tally.recall(positive, 4));
        for (std::size_t s = 0; s < count; ++s) {
            const bool keeps = (*tallies)[s].recall(positive, 4) >= best - tolerance;
            worth[s] += keeps ? where_wrong((*tallies)[s]) : -1000;
        }
    }
    return static_cast<std::size_t>(std::max_element(worth.begin(), worth.end()) - worth.begin());
}

std::string figures(const Tally& tally) {
    return fmt::format("{:6.1f} {:6.1f} {:6.1f} {:6.1f}   {:6.1f}", tally.recall(positive, 4),
                       tally.recall(mixed, 4), tally.recall(negative, 4), tally.recall(negative, 6),
                       where_wrong(tally));
}

void print_ranking(const std::vector<Setting>& all, const std::vector<Tally>& tallies) {
    fmt::print("{:<42}{}\n", "more / no trend / less", "pos K=4  mix K=4  neg K=4  neg K=6   where wrong");
    for (std::size_t s = 0; s < all.size(); ++s) fmt::print("{:<42}{}\n", all[s].name, figures(tallies[s]));
    fmt::print("\n");
}

// ---- synthetic laws

/// A and C of one of the tables' benchmarks, each representation kept with a chance of 0.85.
Candidates drawn_candidates(const std::vector<StudyTable>& tables, core::KeyedRng& rng) {
    const StudyTable& table = tables[rng.below(tables.size())];
    const VectorXd a = table.candidates.a.row(static_cast<Index>(rng.below(table.benchmarks.size())));
    std::vector<int> keep;
    for (int i = 0; i < static_cast<int>(a.size()); ++i) {
        if (rng.uniform() < 0.85) keep.push_back(i);
    }
    return {rows_of(a, keep).transpose(), rows_of(table.candidates.c, keep)};
}

/// A quadratic in A and C whose slopes have the signs of the kind, with curvature, and noise that leaves it
/// an R2 of 0.8 to 0.98.
VectorXd drawn_scores(const Candidates& candidates, Kind kind, core::KeyedRng& rng) {
    const PlanSpace space = plan_space(candidates.a, candidates.c);
    const Eigen::ArrayXd u = space.u.row(0), v = space.v;
    const double slope_u = 0.2 + std::abs(rng.normal()), slope_v = 0.2 + std::abs(rng.normal());
    const double sign_u = kind == positive ? 1 : kind == negative ? -1 : rng.uniform() < 0.5 ? 1 : -1;
    const double sign_v = kind == mixed ? -sign_u : sign_u;
    const double uu = 0.5 * rng.normal(), uv = 0.5 * rng.normal(), vv = 0.5 * rng.normal();
    const VectorXd law = sign_u * slope_u * u + sign_v * slope_v * v + uu * u * u + uv * u * v + vv * v * v;
    const double spread = std::sqrt((law.array() - law.mean()).square().mean()),
                 r2 = 0.8 + 0.18 * rng.uniform();
    VectorXd scores = 50 + 10 / spread * law.array();
    for (double& score : scores) score += 10 * std::sqrt(1 / r2 - 1) * rng.normal();
    return scores;
}

std::vector<Tally> on_synthetic_laws(const std::vector<Setting>& all, const std::vector<StudyTable>& tables) {
    std::vector<Tally> tallies(all.size());
    for (const Kind kind : {positive, mixed, negative}) {
        for (std::uint64_t draw = 0; draw < k_laws; ++draw) {
            core::KeyedRng rng(k_seed, {"synthetic", k_kind_names[kind]}, draw);
            const Candidates candidates = drawn_candidates(tables, rng);
            const VectorXd scores = drawn_scores(candidates, kind, rng);
            for (std::size_t s = 0; s < all.size(); ++s) play(all[s], candidates, scores, kind, tallies[s]);
        }
    }
    return tallies;
}

// ---- the tables, one benchmark left out

/// The table as it is (positive), with scores negated (negative), with A mirrored (mixed), each under stress.
void add_table(const Setting& setting, const StudyTable& table, std::map<std::string, Tally>& by_benchmark) {
    for (int draw = 0; draw < k_draws; ++draw) {
        for (const Kind kind : {positive, mixed, negative}) {
            StudyTable played = stressed(table, kind == negative ? -1 : 1, k_seed, draw);
            if (kind == mixed) played.candidates.a *= -1;
            for (std::size_t b = 0; b < played.benchmarks.size(); ++b) {
                const Candidates one{played.candidates.a.row(static_cast<Index>(b)), played.candidates.c};
                play(setting, one, played.scores.row(static_cast<Index>(b)), kind,
                     by_benchmark[played.benchmarks[b]]);
            }
        }
    }
}

Tally without(const std::map<std::string, Tally>& by_benchmark, const std::string& left_out) {
    Tally sum;
    for (const auto& [name, tally] : by_benchmark) {
        if (name != left_out) sum += tally;
    }
    return sum;
}

using Counts = std::vector<std::map<std::string, Tally>>;  // [setting] benchmark -> both tables

Counts on_tables(const std::vector<Setting>& all, const std::vector<StudyTable>& tables) {
    Counts counts(all.size());
    for (std::size_t s = 0; s < all.size(); ++s) {
        for (const auto& table : tables) add_table(all[s], table, counts[s]);
    }
    return counts;
}

std::vector<Tally> all_but(const Counts& counts, const std::string& left_out) {
    std::vector<Tally> tallies;
    for (const auto& count : counts) tallies.push_back(without(count, left_out));
    return tallies;
}

/// Chooses on the synthetic laws and seven benchmarks, reads on the eighth.
void leave_one_benchmark_out(const std::vector<Setting>& all, const std::vector<Tally>& synthetic,
                             const Counts& counts) {
    Tally read, reference;
    fmt::print("{:<18}{:<42}{}\n", "left out", "chosen without it", "read on it");
    for (const auto& [name, unused] : counts.front()) {
        const auto others = all_but(counts, name);
        const std::size_t chosen = choose({&synthetic, &others});
        read += counts[chosen].at(name);
        reference += counts.front().at(name);
        fmt::print("{:<18}{:<42}{}\n", name, all[chosen].name, figures(counts[chosen].at(name)));
    }
    fmt::print("{:<18}{:<42}{}\n", "mean", "", figures(read));
    fmt::print("{:<18}{:<42}{}\n\n", "", all.front().name, figures(reference));
}

// ---- batches: several picks before any of them is measured

/// How a batch goes on after its first pick: with all families (as `--plan` does), or, once they disagreed
/// about a pick, with the leading family alone.
enum class BatchRule { all_families, leader_after_probe };

GpModel leader_of(const GpModel& model, const std::vector<Observation>& seen) {
    int leading = 0;
    for (int k = 1; k < 3; ++k) leading = model.weight(0, k) > model.weight(0, leading) ? k : leading;
    GpModel leader(model.space(), {{k_averaged.signs[static_cast<std::size_t>(leading)]}, {1}, 0});
    leader.measure(seen);
    return leader;
}

struct BatchPlay {
    int start = 3;           // trained and measured one by one
    bool by_chance = false;  // those drawn, not the planner's own
    int batch = 3;           // then trained without a look at scores
};

/// @return the model that saw all of it
GpModel play_batch(const Candidates& candidates, const VectorXd& scores, const BatchPlay& play,
                   BatchRule rule, std::vector<int>& trained) {
    GpModel model(plan_space(candidates.a, candidates.c), k_averaged);
    std::vector<bool> excluded(static_cast<std::size_t>(scores.size()));
    std::vector<Observation> seen;
    const auto train = [&](int pick) {
        trained.push_back(pick);
        excluded[static_cast<std::size_t>(pick)] = true;
        seen.push_back({0, pick, scores[pick]});
    };
    std::vector<int> drawn(excluded.size());
    std::iota(drawn.begin(), drawn.end(), 0);
    core::KeyedRng(k_seed, {"start"}, static_cast<std::uint64_t>(1e6 * scores[0])).shuffle(drawn);
    for (int i = 0; i < play.start; ++i) {
        if (play.by_chance)
            train(drawn[static_cast<std::size_t>(i)]);
        else
            train(i == 0 ? model.first_pick() : first_largest(model.expected_improvement(), excluded));
        model.measure(seen);
    }
    GpModel leader = leader_of(model, seen);
    bool probed = false;
    for (int i = 0; i < play.batch; ++i) {
        const int by_leader = first_largest(leader.expected_improvement(), excluded);
        int pick = first_largest(model.expected_improvement(), excluded);
        if (pick < 0) break;
        if (rule == BatchRule::leader_after_probe && probed) pick = by_leader;
        probed = probed || pick != by_leader;
        train(pick);
        model.believe(pick);
        leader.believe(pick);
    }
    model.measure(seen);
    return model;
}

bool batch_hits(const Candidates& candidates, const VectorXd& scores, const BatchPlay& play, BatchRule rule) {
    std::vector<int> trained;
    VectorXd values = play_batch(candidates, scores, play, rule, trained).mean(0);
    for (const int i : trained) values[i] = scores[i];
    Index best = 0;
    scores.maxCoeff(&best);
    return (values.array() > values[best]).count() < 3;
}

void compare_batches(const std::vector<StudyTable>& tables) {
    fmt::print("\nBatches on the synthetic laws, Recall@3: all families / the leader alone after a probe\n");
    for (const BatchPlay& play : {BatchPlay{3, false, 2},
                                  {3, false, 3},
                                  {4, false, 3},
                                  {5, false, 3},
                                  {3, true, 2},
                                  {3, true, 3},
                                  {4, true, 3},
                                  {5, true, 3}}) {
        fmt::print("{} {}, then a batch of {}:", play.start, play.by_chance ? "drawn" : "its own",
                   play.batch);
        for (const Kind kind : {positive, mixed, negative}) {
            std::array<double, 2> hits{};
            for (std::uint64_t draw = 0; draw < k_laws; ++draw) {
                core::KeyedRng rng(k_seed, {"synthetic", k_kind_names[kind]}, draw);
                const Candidates candidates = drawn_candidates(tables, rng);
                const VectorXd scores = drawn_scores(candidates, kind, rng);
                hits[0] += batch_hits(candidates, scores, play, BatchRule::all_families);
                hits[1] += batch_hits(candidates, scores, play, BatchRule::leader_after_probe);
            }
            fmt::print("   {} {:.1f} / {:.1f}", k_kind_names[kind], 100 * hits[0] / k_laws,
                       100 * hits[1] / k_laws);
        }
        fmt::print("\n");
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<StudyTable> tables;
    for (int i = 1; i < argc; ++i) {
        tables.push_back(study_table(make_table(files::read_results(argv[i]), {}, argv[i]), argv[i]));
    }
    if (tables.empty()) {
        fmt::print(stderr, "usage: planner_choice TABLE.csv ...\n");
        return 2;
    }
    const auto all = settings();
    fmt::print("Recall@3 in percent, practical reading. {} synthetic laws of each kind (seed {})\n", k_laws,
               k_seed);
    const auto synthetic = on_synthetic_laws(all, tables);
    print_ranking(all, synthetic);
    fmt::print("The tables under stress ({} draws, seed {}): as they are, A mirrored, negated\n", k_draws,
               k_seed);
    const auto counts = on_tables(all, tables);
    const auto every = all_but(counts, "");
    print_ranking(all, every);
    leave_one_benchmark_out(all, synthetic, counts);
    for (const double tolerance : {1.0, 2.0, 3.0, 4.0}) {
        fmt::print("chosen with {} points to lose: {}\n", tolerance,
                   all[choose({&synthetic, &every}, tolerance)].name);
    }
    compare_batches(tables);
}
