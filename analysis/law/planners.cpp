// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/planners.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <numeric>

#include <analysis/law/law_form.hpp>
#include <analysis/law/least_squares.hpp>
#include <analysis/law/normalise.hpp>
#include <analysis/law/region_sampling.hpp>
#include <lvr/core/error.hpp>

namespace lvr::analysis {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double k_ridge = 0.1;
constexpr int k_shortlist = 3;
constexpr double k_never = -1e9;  // below any A + C on [0, 1]

struct Square {  // A and C on [0, 1]
    VectorXd a, c;
};

Square unit_square(const Candidates& candidates) {
    const VectorXd a = candidates.a.colwise().mean();
    return {apply(min_max(a), a), apply(min_max(candidates.c), candidates.c)};
}

std::vector<bool> mask_of(const std::vector<int>& trained, int size) {
    std::vector<bool> mask(static_cast<std::size_t>(size));
    for (const int i : trained) mask[static_cast<std::size_t>(i)] = true;
    return mask;
}

int next_d_optimal(const Square& square, const std::vector<int>& trained) {
    const MatrixXd columns = columns_of(k_ac_quadratic, square.a, square.c);
    MatrixXd features(columns.rows(), columns.cols() + 1);
    features << VectorXd::Ones(columns.rows()), columns;
    MatrixXd information = k_ridge * MatrixXd::Identity(features.cols(), features.cols());
    for (const int i : trained) information += features.row(i).transpose() * features.row(i);
    const Eigen::LLT<MatrixXd> factor(information);
    VectorXd gain(features.rows());
    for (Index i = 0; i < gain.size(); ++i)
        gain[i] = features.row(i).dot(factor.solve(features.row(i).transpose()));
    return first_largest(gain, mask_of(trained, static_cast<int>(gain.size())));
}

/// Chooses without scores.
class BlindPlanner {
  public:
    BlindPlanner(Planner planner, Square square) : planner_(planner), square_(std::move(square)) {
        if (planner_ == Planner::region) regions_.emplace(square_.a, square_.c);
    }

    int next(const std::vector<int>& trained, core::KeyedRng& rng) const {
        const auto mask = mask_of(trained, static_cast<int>(square_.c.size()));
        if (regions_) return draw(regions_->chances(mask), rng);
        if (planner_ == Planner::d_optimal) return next_d_optimal(square_, trained);
        if (planner_ == Planner::rank) return first_largest(square_.a + square_.c, mask);
        return draw(uniform_chances(mask), rng);
    }

  private:
    Planner planner_;
    Square square_;
    std::optional<RegionSampler> regions_;
};

VectorXd predicted_by(Planner planner, const Square& square, const VectorXd& y,
                      const std::vector<int>& trained) {
    const MatrixXd columns = columns_of(k_ac_quadratic, square.a, square.c);
    if (planner == Planner::region) {
        SubsetSolver solver(columns, y);
        solver.fit(trained);
        return solver.predict_all();
    }
    MatrixXd chosen(static_cast<Index>(trained.size()), columns.cols());
    for (std::size_t i = 0; i < trained.size(); ++i)
        chosen.row(static_cast<Index>(i)) = columns.row(trained[i]);
    const CentredFit fit(chosen, rows_of(y, trained), k_ridge);
    return (columns * fit.coefficients().weights).array() + fit.coefficients().intercept;
}

std::vector<int> shortlist(const VectorXd& values) {
    std::vector<int> order(static_cast<std::size_t>(values.size()));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return values[i] > values[j]; });
    order.resize(std::min<std::size_t>(order.size(), k_shortlist));
    return order;
}

Recommendation recommend(const VectorXd& predicted, const VectorXd& y, const std::vector<int>& trained) {
    VectorXd practical = predicted;
    for (const int i : trained) practical[i] = y[i];
    return {shortlist(practical), shortlist(predicted)};
}

Recommendation recommend_blind(Planner planner, const Square& square, const VectorXd& y,
                               const std::vector<int>& trained) {
    if (planner != Planner::rank) return recommend(predicted_by(planner, square, y, trained), y, trained);
    const VectorXd sum = square.a + square.c;
    VectorXd practical = sum.array() + k_never;  // what is not trained counts below all that is
    for (const int i : trained) practical[i] = y[i];
    return {shortlist(practical), shortlist(sum)};
}

std::vector<Recommendation> recommend_gaussian(const GpModel& model, const MatrixXd& scores,
                                               const std::vector<int>& trained) {
    std::vector<Recommendation> all;
    for (Index b = 0; b < scores.rows(); ++b) {
        all.push_back(recommend(model.mean(static_cast<int>(b)), scores.row(b), trained));
    }
    return all;
}

}  // namespace

const std::vector<Planner>& all_planners() {
    static const std::vector<Planner> planners = {Planner::average, Planner::gp,      Planner::bayesian,
                                                  Planner::region,  Planner::uniform, Planner::d_optimal,
                                                  Planner::rank};
    return planners;
}

std::string name_of(Planner planner) {
    switch (planner) {
        case Planner::average:
            return "average";
        case Planner::gp:
            return "gp";
        case Planner::bayesian:
            return "bayesian";
        case Planner::region:
            return "region";
        case Planner::uniform:
            return "uniform";
        case Planner::d_optimal:
            return "d-optimal";
        case Planner::rank:
            return "rank";
    }
    return "";
}

Planner planner_named(const std::string& name) {
    for (const Planner planner : all_planners()) {
        if (name_of(planner) == name) return planner;
    }
    throw core::usage_error("planner '" + name + "' is unknown", "", "see --help for the planners");
}

bool is_gaussian(Planner planner) {
    return planner == Planner::average || planner == Planner::gp || planner == Planner::bayesian;
}

GpModel gaussian_model(Planner planner, const Candidates& candidates) {
    const auto kernel = planner == Planner::bayesian ? Kernel::linear_regression : Kernel::matern;
    return {plan_space(candidates.a, candidates.c),
            planner == Planner::average ? k_averaged : k_more_is_better, kernel};
}

int next_blind(Planner planner, const Candidates& candidates, const std::vector<int>& trained,
               core::KeyedRng& rng) {
    return BlindPlanner(planner, unit_square(candidates)).next(trained, rng);
}

std::vector<std::vector<Recommendation>> run_planner(Planner planner, const Candidates& candidates,
                                                     const MatrixXd& scores, int budget, core::KeyedRng rng) {
    if (is_gaussian(planner)) return run_gaussian(gaussian_model(planner, candidates), scores, budget);
    core::ensure(candidates.benchmarks() == 1, "planners without a model see one benchmark");
    const Square square = unit_square(candidates);
    const BlindPlanner blind(planner, square);
    std::vector<std::vector<Recommendation>> all;
    std::vector<int> trained;
    while (static_cast<int>(trained.size()) < std::min(budget, candidates.size())) {
        trained.push_back(blind.next(trained, rng));
        all.push_back({recommend_blind(planner, square, scores.row(0), trained)});
    }
    return all;
}

std::vector<std::vector<Recommendation>> run_gaussian(GpModel model, const MatrixXd& scores, int budget) {
    std::vector<std::vector<Recommendation>> all;
    std::vector<int> trained;
    std::vector<Observation> seen;
    int next = model.first_pick();
    while (next >= 0 && static_cast<int>(trained.size()) < budget) {
        trained.push_back(next);
        for (int b = 0; b < scores.rows(); ++b) seen.push_back({b, next, scores(b, next)});
        model.measure(seen);
        all.push_back(recommend_gaussian(model, scores, trained));
        next = first_largest(model.expected_improvement(), mask_of(trained, static_cast<int>(scores.cols())));
    }
    return all;
}

}  // namespace lvr::analysis
