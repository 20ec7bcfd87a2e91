// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include <lvr/core/error.hpp>
#include <lvr/files/results.hpp>
#include <lvr/files/utf8.hpp>

#include "results_extras.hpp"

namespace lvr::files {
namespace {

class Checker {
  public:
    Checker(const Results& results, const std::string& source) : r_(results), source_(source) {}

    void run() const {
        if (rows() == 0) fail("has no representations: the table is empty", "add a row per representation");
        check_representations();
        check_labels();
        check_benchmarks();
        check_alignment();
        check_column(r_.correspondence, "C");
        check_column(r_.correspondence_error, "the standard error of C");
        check_text(r_.correspondence_definition, "the definition of C");
        check_comments();
        check_provenance();
        check_scores();
    }

  private:
    [[noreturn]] void fail(const std::string& problem, const std::string& remedy) const {
        throw core::input_error(source_ + ": " + problem, "", remedy);
    }

    std::size_t rows() const { return r_.representations.size(); }

    void check_text(const std::string& text, const std::string& what) const {
        if (first_bad_byte(text) == std::string::npos) return;
        fail(what + " '" + shown(text) + "' is not UTF-8 text, or has a NUL byte", "correct it");
    }

    void check_finite(double value, const std::string& what) const {
        if (std::isinf(value)) fail(what + " is infinite", "correct it, or leave it empty");
    }

    void check_column(const std::vector<double>& values, const std::string& what) const {
        if (values.size() != rows()) {
            fail(fmt::format("{} has {} entries for {} representations", what, values.size(), rows()),
                 "make the file again");
        }
        for (const double value : values) check_finite(value, what);
    }

    /// Names become CSV headers and rows of tables, so they are one line each.
    template <class Items, class Name>
    void check_names(const Items& items, const std::string& what, Name name_of) const {
        std::set<std::string> seen;
        for (const auto& item : items) {
            const std::string& name = name_of(item);
            if (name.empty()) fail("a " + what + " has no name", "name it");
            check_text(name, "the name of " + what);
            if (name.find_first_of("\n\r") != std::string::npos) {
                fail(fmt::format("the name of {} '{}' has a line end in it", what, shown(name)), "rename it");
            }
            if (!seen.insert(name).second) {
                fail(fmt::format("{} '{}' is there twice", what, shown(name)),
                     "keep one of them, or rename it");
            }
        }
    }

    void check_representations() const {
        check_names(r_.representations, "representation", [](const auto& x) { return x.name; });
        for (const auto& x : r_.representations) {
            check_finite(x.gpu_hours, "the cost of '" + x.name + "' in GPU-hours");
            check_text(x.family, "the family of '" + x.name + "'");
            if (x.labels.size() != r_.label_columns.size()) {
                fail("representation '" + x.name + "' lacks a label", "make the file again");
            }
            for (const auto& label : x.labels) check_text(label, "a label of '" + x.name + "'");
        }
    }

    void check_labels() const {
        check_names(r_.label_columns, "label column", [](const auto& x) { return x; });
        const std::set<std::string> taken = {"representation", "family", "gpu_hours", "C"};
        for (const auto& name : r_.label_columns) {
            if (!taken.contains(name) && !name.starts_with("A_") && !name.starts_with("score_")) continue;
            fail("the label column '" + shown(name) + "' has a name that means something else", "rename it");
        }
    }

    void check_benchmarks() const {
        check_names(r_.benchmarks, "benchmark", [](const auto& x) { return x.name; });
        for (const auto& x : r_.benchmarks) {
            check_finite(x.scale, "the scale of benchmark '" + x.name + "'");
            check_text(x.unit, "the unit of benchmark '" + x.name + "'");
            if (x.name.find("@seed") == std::string::npos) continue;
            fail("benchmark '" + shown(x.name) + "' has '@seed' in its name, which marks a seed's column",
                 "rename it");
        }
    }

    void check_alignment() const {
        check_names(r_.alignment, "A column", [](const auto& x) { return x.name; });
        for (const auto& x : r_.alignment) {
            check_column(x.value, "A_" + x.name);
            check_column(x.standard_error, "the standard error of A_" + x.name);
            check_text(x.definition, "the definition of A_" + x.name);
        }
    }

    void check_comments() const {
        for (const auto& comment : r_.comments) {
            check_text(comment, "a comment");
            const bool plain = comment.find('\n') == std::string::npos && !comment.ends_with('\r');
            if (plain && !is_extras(comment)) continue;
            fail("the comment '" + shown(comment) + "' has a line end in it, or starts with '!{'",
                 "rephrase it");
        }
    }

    /// One level less than what is read: a CSV puts it into an object of its own.
    void check_provenance() const {
        if (core::depth_of(r_.provenance) < core::k_deepest_json) return;
        fail("the provenance is nested too deeply", "make the file again");
    }

    void check_scores() const {
        std::set<std::tuple<std::int64_t, std::int64_t, std::optional<std::int64_t>>> seen;
        for (const auto& x : r_.scores) {
            check_score(x);
            if (seen.insert({x.representation, x.benchmark, x.seed}).second) continue;
            fail(name_of(x) + " is there twice for one seed", "keep one of them");
        }
    }

    void check_score(const Score& x) const {
        const auto in_range = [](std::int64_t index, std::size_t size) {
            return index >= 0 && index < static_cast<std::int64_t>(size);
        };
        if (!in_range(x.representation, rows()) || !in_range(x.benchmark, r_.benchmarks.size())) {
            fail("a score belongs to no representation or benchmark of the file", "make the file again");
        }
        if (!std::isfinite(x.value)) {
            fail(name_of(x) + " is not a finite number", "correct it, or leave it out");
        }
        check_finite(x.standard_error, "the standard error of " + name_of(x));
        check_finite(x.gpu_hours, "the cost of " + name_of(x));
        if (x.samples < 0) fail("the number of samples of " + name_of(x) + " is negative", "correct it");
        if (x.seed == std::numeric_limits<std::int64_t>::min()) {
            fail("the seed of " + name_of(x) + " is the number that stands for no seed", "choose another");
        }
    }

    std::string name_of(const Score& x) const {
        return fmt::format("the score of '{}' on '{}'",
                           shown(r_.representations[static_cast<std::size_t>(x.representation)].name),
                           shown(r_.benchmarks[static_cast<std::size_t>(x.benchmark)].name));
    }

    const Results& r_;
    const std::string& source_;
};

}  // namespace

void validate(const Results& results, const std::string& source) { Checker(results, source).run(); }

}  // namespace lvr::files
