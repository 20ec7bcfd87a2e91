// SPDX-License-Identifier: Apache-2.0
// The planner's Gaussian process against an independent one in numpy and SciPy.
#include <analysis/law/plan_job.hpp>
#include <analysis/law/planners.hpp>

#include "unit/law_golden.hpp"

using namespace lvr;
using namespace lvr::analysis;
using lvr::test::check_close;

namespace {

constexpr double k_closed_form = 1e-9;
constexpr double k_numeric = 2e-6;  // the reference maximises the likelihood numerically
constexpr int k_budget = 6;
constexpr double k_level = 0.9;

Candidates candidates_of(const Table& table, const std::string& benchmark) {
    return {test::column(table, benchmark).a.transpose(), table.c};
}

Candidates all_candidates(const Table& table) {
    Candidates all{Eigen::MatrixXd(static_cast<Eigen::Index>(table.benchmarks.size()), table.rows()),
                   table.c};
    for (std::size_t b = 0; b < table.benchmarks.size(); ++b)
        all.a.row(static_cast<Eigen::Index>(b)) = table.benchmarks[b].a;
    return all;
}

void check_intervals(const GpModel& model, int benchmark, const core::Json& low, const core::Json& high,
                     double tolerance) {
    REQUIRE(static_cast<int>(low.size()) == model.space().size());
    for (int i = 0; i < model.space().size(); ++i) {
        const Interval interval = model.interval(benchmark, i, k_level);
        check_close(interval.low, low[static_cast<std::size_t>(i)].get<double>(), tolerance);
        check_close(interval.high, high[static_cast<std::size_t>(i)].get<double>(), tolerance);
    }
}

void check_shown(const GpModel& model, const core::Json& want, double tolerance) {
    check_close(model.mean(0), want["mean"], tolerance);
    check_close(model.expected_improvement(), want["gain"], tolerance);
    check_intervals(model, 0, want["low"], want["high"], tolerance);
}

/// Trains in the model's own order; `look(model, trained)` after each.
template <class Look>
std::vector<int> train(GpModel model, const std::vector<Eigen::VectorXd>& scores, Look look) {
    std::vector<int> order;
    std::vector<Observation> seen;
    std::vector<bool> trained(static_cast<std::size_t>(model.space().size()));
    for (int next = model.first_pick(); static_cast<int>(order.size()) < k_budget;) {
        order.push_back(next);
        trained[static_cast<std::size_t>(next)] = true;
        for (std::size_t b = 0; b < scores.size(); ++b)
            seen.push_back({static_cast<int>(b), next, scores[b][next]});
        model.measure(seen);
        look(model, order.size());
        next = first_largest(model.expected_improvement(), trained);
    }
    return order;
}

/// The plan of a table of one benchmark whose scores are known of some rows.
core::Json plan_after(const Table& table, const std::string& benchmark, const std::vector<int>& trained,
                      const std::string& planner, std::int64_t budget) {
    Table part = table;
    part.benchmarks = {test::column(table, benchmark)};
    part.benchmarks[0].score.setConstant(std::numeric_limits<double>::quiet_NaN());
    for (const int i : trained) part.benchmarks[0].score[i] = test::column(table, benchmark).score[i];
    part.trained.clear();
    FitConfig config;
    config.planner = planner;
    config.budget = budget;
    return plan_json(part, config);
}

std::vector<int> rows_of_plan(const Table& table, const core::Json& json) {
    std::vector<int> rows;
    for (const auto& pick : json["plan"]) {
        const auto at =
            std::find(table.representations.begin(), table.representations.end(), pick["representation"]);
        rows.push_back(static_cast<int>(at - table.representations.begin()));
    }
    return rows;
}

}  // namespace

TEST_CASE("the reference method and the regression agree with their closed form in numpy on every benchmark",
          "[planner]") {
    const auto golden = test::golden("gp_reference.json");
    int compared = 0;
    for (const std::string version : {"v1", "v3"}) {
        const Table table = test::paper_table(version);
        for (const Planner planner : {Planner::gp, Planner::bayesian}) {
            for (const auto& [name, want] : golden[version][name_of(planner)].items()) {
                INFO(version << " " << name << " " << name_of(planner));
                const auto order = train(
                    gaussian_model(planner, candidates_of(table, name)), {test::column(table, name).score},
                    [&, &want = want](const GpModel& model, std::size_t trained) {
                        check_close(model.scale(0), want["scales"][trained - 1].get<double>(), k_closed_form);
                        const std::string key = std::to_string(trained);
                        if (want["shown"].contains(key))
                            check_shown(model, want["shown"][key], k_closed_form);
                    });
                CHECK(order == want["order"].get<std::vector<int>>());
                ++compared;
            }
        }
    }
    CHECK(compared == 32);
}

TEST_CASE("the order on seed_image is the specification's", "[planner]") {
    const auto names = [](const std::string& version) {
        const Table table = test::paper_table(version);
        std::vector<std::string> order;
        double scale = 0;
        for (const int i :
             train(gaussian_model(Planner::gp, candidates_of(table, "seed_image")),
                   {test::column(table, "seed_image").score}, [&](const GpModel&model, std::size_t trained) {
                       scale = trained == 3 ? model.scale(0) : scale;
                   })) {
            order.push_back(table.representations[static_cast<std::size_t>(i)]);
        }
        order.resize(5);
        return std::pair(order, scale);
    };
    CHECK(names("v3").first ==
          std::vector<std::string>{"C+D@336", "SigLIP2-L", "SigLIP-L", "C+D@224", "OpenCLIP"});
    CHECK(std::abs(names("v3").second - 9.4783) < 5e-5);
    CHECK(names("v1").first ==
          std::vector<std::string>{"CLIP336", "CLIP336+DINOv2", "CLIP224+DINOv2", "CLIP224", "DINOv2"});
}

TEST_CASE("the averaged planner's weights and predictions agree with a numerical evidence", "[planner]") {
    const auto golden = test::golden("gp_reference.json");
    CHECK(golden["families"]["signs"].get<std::vector<double>>() == k_averaged.signs);
    CHECK(golden["families"]["prior"].get<std::vector<double>>() == k_averaged.prior);
    CHECK(golden["families"]["fewest"].get<int>() == k_averaged.fewest);
    int compared = 0;
    for (const std::string version : {"v1", "v3"}) {
        const Table table = test::paper_table(version);
        for (const auto& [part, sign] : {std::pair{"average", 1.0}, {"average_negated", -1.0}}) {
            for (const auto& [name, want] : golden[version][part].items()) {
                INFO(version << " " << name << " " << part);
                const Eigen::VectorXd scores = sign * test::column(table, name).score;
                const auto order =
                    train(gaussian_model(Planner::average, candidates_of(table, name)), {scores},
                          [&, &want = want](const GpModel& model, std::size_t trained) {
                              for (int k = 0; k < 3; ++k) {
                                  check_close(
                                      model.weight(0, k),
                                      want["weights"][trained - 1][static_cast<std::size_t>(k)].get<double>(),
                                      k_numeric);
                              }
                              if (trained == 5) check_shown(model, want["shown"]["5"], k_numeric);
                          });
                CHECK(order == want["order"].get<std::vector<int>>());
                ++compared;
            }
        }
    }
    CHECK(compared == 32);
}

TEST_CASE("a batch goes on as if each pick had scored its predicted mean, as in numpy", "[planner]") {
    const auto golden = test::golden("gp_reference.json");
    int compared = 0;
    for (const std::string version : {"v1", "v3"}) {
        const Table table = test::paper_table(version);
        for (const auto& [name, want] : golden[version]["batches"].items()) {
            INFO(version << " " << name);
            const auto order = golden[version]["gp"][name]["order"].get<std::vector<int>>();
            const auto nothing = plan_after(table, name, {}, "gp", k_budget);
            CHECK(rows_of_plan(table, nothing) == want["from_nothing"].get<std::vector<int>>());
            const auto three =
                plan_after(table, name, {order.begin(), order.begin() + 3}, "gp", k_budget - 3);
            CHECK(rows_of_plan(table, three) == want["after_three"]["picks"].get<std::vector<int>>());
            for (std::size_t i = 0; i < 3; ++i) {
                const auto& pick = three["plan"][i];
                check_close(pick["gain"].get<double>(), want["after_three"]["gains"][i].get<double>(), 1e-8);
                const double middle =
                    (pick["interval"][0].get<double>() + pick["interval"][1].get<double>()) / 2;
                check_close(middle, want["after_three"]["means"][i].get<double>(), 1e-8);
            }
            ++compared;
        }
    }
    CHECK(compared == 16);
}

TEST_CASE("gain and interval of a plan are over all prior families, the interval of 90 %, as in numpy",
          "[planner]") {
    const auto golden = test::golden("gp_reference.json");
    int compared = 0;
    for (const std::string version : {"v1", "v3"}) {
        const Table table = test::paper_table(version);
        for (const auto& [name, want] : golden[version]["average"].items()) {
            INFO(version << " " << name);
            const auto order = want["order"].get<std::vector<int>>();
            const auto json = plan_after(table, name, {order.begin(), order.begin() + 5}, "average", 1);
            REQUIRE(rows_of_plan(table, json) == std::vector<int>{order[5]});
            const auto at = static_cast<std::size_t>(order[5]);
            const auto& shown = want["shown"]["5"];
            check_close(json["plan"][0]["gain"].get<double>(), shown["gain"][at].get<double>(), k_numeric);
            check_close(json["plan"][0]["interval"][0].get<double>(), shown["low"][at].get<double>(),
                        k_numeric);
            check_close(json["plan"][0]["interval"][1].get<double>(), shown["high"][at].get<double>(),
                        k_numeric);
            ++compared;
        }
    }
    CHECK(compared == 16);
}

TEST_CASE("several benchmarks at once agree with generalised least squares in numpy", "[planner]") {
    const auto golden = test::golden("gp_reference.json");
    for (const std::string version : {"v1", "v3"}) {
        const Table table = test::paper_table(version);
        const auto& want = golden[version]["gp_all_at_once"];
        std::vector<Eigen::VectorXd> scores;
        for (const auto& benchmark : table.benchmarks) scores.push_back(benchmark.score);
        INFO(version);
        const auto order =
            train(gaussian_model(Planner::gp, all_candidates(table)), scores,
                  [&](const GpModel& model, std::size_t trained) {
                      if (trained != 3) return;
                      const auto& shown = want["shown"]["3"];
                      check_close(model.expected_improvement(), shown["gain"], k_closed_form);
                      for (int b = 0; b < static_cast<int>(scores.size()); ++b) {
                          const auto at = static_cast<std::size_t>(b);
                          check_close(model.scale(b), shown["scales"][at].get<double>(), k_closed_form);
                          check_close(model.mean(b), shown["mean"][at], k_closed_form);
                          check_intervals(model, b, shown["low"][at], shown["high"][at], k_closed_form);
                      }
                  });
        CHECK(order == want["order"].get<std::vector<int>>());
    }
}
