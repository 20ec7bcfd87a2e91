// SPDX-License-Identifier: Apache-2.0
#include <analysis/law/law_json.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace lvr::analysis {
namespace {

using core::Json;
using core::number;

Json vector_of(const Eigen::VectorXd& values) {
    return core::numbers({values.data(), static_cast<std::size_t>(values.size())});
}

Json interval_of(const std::optional<Interval>& interval) {
    if (!interval) return nullptr;
    return Json::array({number(interval->low), number(interval->high)});
}

template <class Value>
Json by_term(const LawFit& fit, Value value) {
    Json terms = Json::object();
    for (const auto& term : fit.terms) terms[term.key] = value(term);
    return terms;
}

Json in_sample(const LawFit& fit) {
    Json json;
    json["r2"] = number(fit.r2);
    json["adjusted_r2"] = number(fit.adjusted_r2);
    json["mse"] = number(fit.mse);
    json["loo_r2"] = number(fit.loo_r2);
    json["coefficients"] = by_term(fit, [](const Term& term) { return number(term.value); });
    json["standard_errors"] = by_term(fit, [](const Term& term) { return number(term.standard_error); });
    json["p_values"] = by_term(fit, [](const Term& term) { return number(term.p_value); });
    json["intervals"] = by_term(fit, [](const Term& term) { return interval_of(term.interval); });
    json["rank"] = fit.rank;
    json["underdetermined"] = fit.underdetermined;
    json["r2_interval"] = interval_of(fit.r2_interval);
    json["r2_bootstrap_interval"] = interval_of(fit.r2_bootstrap_interval);
    json["r2_bootstrap_draws"] = fit.r2_bootstrap_draws;
    json["bootstrap_draws"] = fit.bootstrap_draws;
    json["f_p_value"] = number(fit.f_p_value);
    json["permutation_p_value"] = number(fit.permutation_p_value);
    json["permutation_draws"] = fit.permutation_draws;
    return json;
}

Json fit_json(const LawFit& fit) {
    Json json = in_sample(fit);
    json["loo_rmse"] = number(fit.loo_rmse);
    json["lofo_r2"] = number(fit.lofo_r2);
    json["lofo_rmse"] = number(fit.lofo_rmse);
    json["kendall_tau"] = number(fit.kendall_tau);
    json["weighted_tau"] = number(fit.weighted_tau);
    json["spearman_rho"] = number(fit.spearman_rho);
    json["fitted"] = vector_of(fit.fitted);
    json["loo_predicted"] = vector_of(fit.loo_predicted);
    json["leverage"] = vector_of(fit.leverage);
    json["cooks_distance"] = vector_of(fit.cooks);
    return json;
}

Json scale_of(const Scale& scale) { return {{"offset", scale.offset}, {"width", scale.width}}; }

Json points_of(const Table& table, const BenchmarkColumn& benchmark, const Problem& problem) {
    Json points, names = Json::array(), families = Json::array();
    for (const int row : problem.rows) {
        names.push_back(table.representations[static_cast<std::size_t>(row)]);
        families.push_back(table.families[static_cast<std::size_t>(row)]);
    }
    points["representation"] = names;
    points["family"] = families;
    points["A"] = vector_of(rows_of(benchmark.a, problem.rows));
    points["C"] = vector_of(rows_of(table.c, problem.rows));
    points["score"] = vector_of(rows_of(benchmark.score, problem.rows));
    return points;
}

/// Where the law can predict: A and C are known, the score is not.
Json unmeasured_of(const Table& table, const BenchmarkColumn& benchmark) {
    Json names = Json::array();
    std::vector<int> rows;
    for (int row = 0; row < table.rows(); ++row) {
        const bool is_candidate = std::isfinite(benchmark.a[row]) && std::isfinite(table.c[row]) &&
                                  !std::isfinite(benchmark.score[row]);
        if (!is_candidate) continue;
        rows.push_back(row);
        names.push_back(table.representations[static_cast<std::size_t>(row)]);
    }
    return {{"representation", names},
            {"A", vector_of(rows_of(benchmark.a, rows))},
            {"C", vector_of(rows_of(table.c, rows))}};
}

Json baseline_of(const RandomBaseline& baseline) {
    return {{"expected", number(baseline.expected)},
            {"mean", number(baseline.mean)},
            {"interval", interval_of(baseline.interval)},
            {"draws", baseline.draws}};
}

Json influential_of(const Table& table, const BenchmarkLaw& law) {
    Json names = Json::array();
    for (const int position : law.fit(k_ac_quadratic)->influential) {
        const int row = law.problem.rows[static_cast<std::size_t>(position)];
        names.push_back(table.representations[static_cast<std::size_t>(row)]);
    }
    return names;
}

void add_fits(const Table& table, const BenchmarkLaw& law, Json& json) {
    for (const auto& fit : law.fits) json["fits"][name_of(fit.form)] = fit_json(fit);
    for (const auto& ridge : law.ridge) {
        Json entry = fit_json(ridge.fit);
        entry["penalty"] = ridge.penalty;
        json["ridge"].push_back(entry);
    }
    if (law.baselines) {
        json["baselines"]["random_linear"] = baseline_of(law.baselines->random_linear);
        json["baselines"]["random_quadratic"] = baseline_of(law.baselines->random_quadratic);
        json["baselines"]["Ar_quadratic"] = baseline_of(law.baselines->a_random);
    }
    json["c_adds"]["loo_r2_gain"] = number(law.c_adds.gain);
    json["c_adds"]["interval"] = interval_of(law.c_adds.interval);
    json["c_adds"]["draws"] = law.c_adds.draws;
    json["influential"] = influential_of(table, law);
}

/// The keys of a fit are there even where nothing can be fitted.
void add_undefined_fits(Json& json) {
    for (const auto& form : all_forms()) {
        LawFit fit;
        fit.form = form;
        fit.underdetermined = true;
        for (const auto& key : term_keys(form))
            fit.terms.push_back({key, std::numeric_limits<double>::quiet_NaN(), {}, {}, {}});
        json["fits"][name_of(form)] = fit_json(fit);
    }
}

Json benchmark_json(const Table& table, const BenchmarkColumn& benchmark, const BenchmarkLaw& law) {
    Json json;
    json["n"] = law.problem.size();
    json["alignment"] = benchmark.alignment;
    json["finding"] = law.finding;
    if (law.fits.empty())
        add_undefined_fits(json);
    else
        add_fits(table, law, json);
    json["seed_spread"] = number(benchmark.seed_spread);
    json["unit"] = benchmark.unit;
    json["points"] = points_of(table, benchmark, law.problem);
    json["unmeasured"] = unmeasured_of(table, benchmark);
    json["scales"] = {{"a", scale_of(law.problem.a_scale)},
                      {"c", scale_of(law.problem.c_scale)},
                      {"score", scale_of(law.problem.y_scale)}};
    return json;
}

Json group_json(const GroupLaw& group) {
    Json json;
    for (std::size_t k = 0; k < all_forms().size(); ++k) {
        const GroupFit& fit = group.fits[k];
        json[name_of(all_forms()[k])] = {
            {"r2", number(fit.r2)},           {"adjusted_r2", number(fit.adjusted_r2)},
            {"mse", number(fit.mse)},         {"loo_r2", number(fit.loo_r2)},
            {"lofo_r2", number(fit.lofo_r2)}, {"underdetermined", fit.underdetermined}};
    }
    json["random_linear_expected_r2"] = number(group.baselines.random_linear);
    json["random_quadratic_expected_r2"] = number(group.baselines.random_quadratic);
    json["Ar_quadratic_mean_r2"] = number(group.baselines.a_random);
    json["count"] = group.benchmarks.size();
    json["benchmarks"] = group.benchmarks;
    return json;
}

template <class Values, class Convert>
Json by_top(const Values& values, Convert convert) {
    Json json;
    for (int top = 0; top < k_tops; ++top) json[fmt::format("top{}", top + 1)] = convert(values[top]);
    return json;
}

Json curves_json(const PolicyCurves& curves) {
    const auto curve = [](const std::vector<double>& values) { return core::numbers(values); };
    Json json;
    json["mean_tries"] = by_top(curves.mean_tries, [](double value) { return number(value); });
    json["first_hit"] = by_top(curves.first_hit, curve);
    json["exactly_n"] = by_top(curves.exactly_n, curve);
    json["exactly_n_credit"] = by_top(curves.exactly_n_credit, curve);
    return json;
}

}  // namespace

Json to_json(const Table& table, const Law& law) {
    Json json;
    json["benchmarks"] = Json::object();
    json["groups"] = Json::object();
    for (std::size_t i = 0; i < law.benchmarks.size(); ++i) {
        json["benchmarks"][table.benchmarks[i].name] =
            benchmark_json(table, table.benchmarks[i], law.benchmarks[i]);
    }
    for (const auto& group : law.groups) json["groups"][group.name] = group_json(group);
    json["warnings"] = table.warnings;
    return json;
}

Json to_json(const PolicyTable& policies) {
    Json json;
    for (const Sampling sampling : {Sampling::region, Sampling::uniform, Sampling::random}) {
        json[name_of(sampling)] = Json::object();
        for (const auto& [benchmark, curves] : policies) {
            json[name_of(sampling)][benchmark] = curves_json(curves[static_cast<std::size_t>(sampling)]);
        }
    }
    return json;
}

Json to_json(const SearchTable& searches) {
    Json json;
    std::int64_t fits = 0;
    for (const auto& [benchmark, search] : searches) fits += search.fits;
    json["fits"] = fits;
    json["hits"] = Json::object();
    for (const auto& [benchmark, search] : searches) json["hits"][benchmark] = search.hits.size();
    return json;
}

}  // namespace lvr::analysis
