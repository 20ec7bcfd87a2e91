// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include <lvr/core/error.hpp>
#include <lvr/files/results_dir.hpp>
#include <lvr/files/utf8.hpp>

#include "results_extras.hpp"
#include "results_schema.hpp"

namespace lvr::files {
namespace {

using ScoreKey = std::tuple<std::size_t, std::size_t, std::optional<std::int64_t>>;
using Places = std::map<std::string, std::size_t>;

Places places_of(const std::set<std::string>& names) {
    Places places;
    for (const auto& name : names) places.emplace(name, places.size());
    return places;
}

bool is_unknown(const std::string& text) { return text.empty(); }
bool is_unknown(std::int64_t count) { return count == 0; }
bool is_unknown(double value) { return std::isnan(value); }

std::string worded(const std::string& text) { return "'" + shown(text, 400) + "'"; }
std::string worded(std::int64_t count) { return std::to_string(count); }
std::string worded(double value) { return core::shortest(value); }

class Assembler {
  public:
    explicit Assembler(const std::vector<Measurement>& all) : all_(all) { declare(); }

    Results run() {
        for (const auto& m : all_) {
            take_representation(m);
            if (m.kind == "alignment") take_alignment(m);
            if (m.kind == "correspondence") take_correspondence(m);
            if (m.kind == "score") take_score(m);
        }
        for (auto& column : r_.alignment) {
            if (column.definition.empty()) column.definition = default_definition(column.name);
        }
        sort_scores(r_.scores);
        return std::move(r_);
    }

  private:
    /// Rows and columns first, sorted by name: they must not depend on who was measured first.
    void declare() {
        std::set<std::string> representations, alignment, benchmarks, labels;
        for (const auto& m : all_) {
            representations.insert(m.representation);
            if (m.kind == "alignment") alignment.insert(m.name);
            if (m.kind == "score") benchmarks.insert(m.name);
            for (const auto& [label, text] : m.labels) labels.insert(label);
        }
        rows_ = places_of(representations);
        alignment_ = places_of(alignment);
        benchmarks_ = places_of(benchmarks);
        labels_ = places_of(labels);
        const std::vector<double> nothing(rows_.size(), k_not_measured);
        r_.label_columns.assign(labels.begin(), labels.end());
        for (const auto& name : representations) {
            r_.representations.push_back({name, "", k_not_measured, std::vector<std::string>(labels.size())});
        }
        for (const auto& name : alignment) r_.alignment.push_back({name, "", nothing, nothing});
        for (const auto& name : benchmarks) r_.benchmarks.push_back({name, "", k_not_measured});
        r_.correspondence = r_.correspondence_error = nothing;
        declare_scores();
    }

    void declare_scores() {
        for (const auto& m : all_) {
            if (m.kind != "score") continue;
            const std::size_t row = rows_.at(m.representation), column = benchmarks_.at(m.name);
            if (!scores_.emplace(ScoreKey{row, column, m.seed}, r_.scores.size()).second) continue;
            r_.scores.push_back({static_cast<std::int64_t>(row), static_cast<std::int64_t>(column), m.seed});
        }
    }

    /// What two measurements say of one thing must agree; who says nothing agrees with all.
    template <class T>
    void settle(T& known, const T& said, const Measurement& m, const std::string& what) {
        if (is_unknown(said)) return;
        const auto [first, is_new] = said_by_.emplace(&known, &m);
        if (is_new) {
            known = said;
            return;
        }
        if (known == said) return;
        throw core::input_error(fmt::format("{} and {} disagree on {}: {} and {}", first->second->file,
                                            m.file, what, worded(known), worded(said)),
                                "one of the two is wrong",
                                "keep them apart in two results files, or remove the wrong one from results.d");
    }

    void take_representation(const Measurement& m) {
        auto& representation = r_.representations[rows_.at(m.representation)];
        const std::string of = " of " + worded(m.representation);
        settle(representation.family, m.family, m, "the family" + of);
        for (const auto& [label, text] : m.labels) {
            settle(representation.labels[labels_.at(label)], text, m, "the label " + worded(label) + of);
        }
        // Cost grows as training goes on: the largest is the last.
        if (std::isnan(m.training_gpu_hours) || representation.gpu_hours >= m.training_gpu_hours) return;
        representation.gpu_hours = m.training_gpu_hours;
    }

    void take_alignment(const Measurement& m) {
        auto& column = r_.alignment[alignment_.at(m.name)];
        const std::size_t row = rows_.at(m.representation);
        settle(column.definition, m.definition, m, "the definition of A_" + m.name);
        settle(column.value[row], m.value, m, "A_" + m.name + " of " + worded(m.representation));
        settle(column.standard_error[row], m.standard_error, m, "the standard error of A_" + m.name);
    }

    void take_correspondence(const Measurement& m) {
        const std::size_t row = rows_.at(m.representation);
        settle(r_.correspondence_definition, m.definition, m, "the definition of C");
        settle(r_.correspondence[row], m.value, m, "C of " + worded(m.representation));
        settle(r_.correspondence_error[row], m.standard_error, m, "the standard error of C");
    }

    void take_score(const Measurement& m) {
        const std::size_t row = rows_.at(m.representation), column = benchmarks_.at(m.name);
        auto& benchmark = r_.benchmarks[column];
        settle(benchmark.unit, m.unit, m, "the unit of " + m.name);
        settle(benchmark.scale, m.scale, m, "the scale of " + m.name);
        take_figures(r_.scores[scores_.at({row, column, m.seed})], m);
    }

    void take_figures(Score& score, const Measurement& m) {
        const std::string of = fmt::format(" of {} on {}", worded(m.representation), worded(m.name));
        settle(score.value, m.value, m, "the score" + of);
        settle(score.standard_error, m.standard_error, m, "the standard error of the score" + of);
        settle(score.gpu_hours, m.gpu_hours, m, "the cost of the score" + of);
        settle(score.samples, m.samples, m, "the number of samples of the score" + of);
    }

    const std::vector<Measurement>& all_;
    Places rows_, alignment_, benchmarks_, labels_;
    std::map<ScoreKey, std::size_t> scores_;
    std::map<const void*, const Measurement*> said_by_;
    Results r_;
};

}  // namespace

Results assemble(const std::vector<Measurement>& measurements, const std::string& source) {
    Results results = Assembler(measurements).run();
    validate(results, source);
    return results;
}

}  // namespace lvr::files
