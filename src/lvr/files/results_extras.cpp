// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <lvr/core/error.hpp>
#include <lvr/files/utf8.hpp>

#include "results_extras.hpp"

namespace lvr::files {
namespace {

using core::Json;

/// What does not fit the table; turned into an Error that names the file.
struct Misfit {
    std::string problem;
};

bool any_known(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double value) { return !std::isnan(value); });
}

double to_number(const Json& item) { return item.is_null() ? k_not_measured : item.get<double>(); }

/// Names and their places in the table.
class Places {
  public:
    template <class Items>
    Places(const Items& items, const char* what) : what_(what) {
        for (const auto& item : items) places_.emplace(item.name, places_.size());
    }
    std::size_t of(const std::string& name) const {
        const auto found = places_.find(name);
        if (found == places_.end())
            throw Misfit{std::string("there is no ") + what_ + " '" + shown(name) + "'"};
        return found->second;
    }

  private:
    const char* what_;
    std::map<std::string, std::size_t> places_;
};

/// The known ones of one number per representation, under its name.
Json by_representation(const std::vector<double>& values, const Results& results) {
    Json all = Json::object();
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isnan(values[i])) all[results.representations[i].name] = values[i];
    }
    return all;
}

std::vector<double> in_rows(const Json& by_name, const Results& results) {
    if (!by_name.is_object()) throw Misfit{"standard errors are not given as {representation: number}"};
    const Places rows(results.representations, "representation");
    std::vector<double> values(results.representations.size(), k_not_measured);
    for (const auto& [name, value] : by_name.items()) values[rows.of(name)] = to_number(value);
    return values;
}

/// Unlike get<int64_t>, does not cut a fraction off.
std::int64_t to_whole(const Json& item) {
    if (!item.is_number_integer()) throw Misfit{"'" + shown(item.dump()) + "' is not a whole number"};
    return item.get<std::int64_t>();
}

template <class Items>
auto& named(Items& items, const std::string& name) {
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
    if (found == items.end()) throw Misfit{"there is no column for '" + shown(name) + "'"};
    return *found;
}

Json alignment_extras(const Results& results) {
    Json all = Json::object();
    for (const auto& column : results.alignment) {
        Json entry;
        if (column.definition != default_definition(column.name)) entry["definition"] = column.definition;
        if (any_known(column.standard_error)) {
            entry["standard_error"] = by_representation(column.standard_error, results);
        }
        if (!entry.is_null()) all[column.name] = entry;
    }
    return all;
}

Json benchmark_extras(const Results& results) {
    Json all = Json::object();
    for (const auto& benchmark : results.benchmarks) {
        if (benchmark.unit.empty() && std::isnan(benchmark.scale)) continue;
        all[benchmark.name] = Json::array({benchmark.unit, core::number(benchmark.scale)});
    }
    return all;
}

Json score_extras(const Results& results) {
    Json all = Json::array();
    for (const auto& s : results.scores) {
        if (std::isnan(s.standard_error) && s.samples == 0 && std::isnan(s.gpu_hours)) continue;
        const auto& representation = results.representations[static_cast<std::size_t>(s.representation)];
        const auto& benchmark = results.benchmarks[static_cast<std::size_t>(s.benchmark)];
        all.push_back(Json::array({representation.name, benchmark.name, s.seed ? Json(*s.seed) : Json(),
                                   core::number(s.standard_error), s.samples, core::number(s.gpu_hours)}));
    }
    return all;
}

void apply_alignment(const Json& extras, Results& results) {
    for (const auto& [name, entry] : extras.items()) {
        auto& column = named(results.alignment, name);
        for (const auto& [key, value] : entry.items()) {
            if (key == "definition") {
                column.definition = value.get<std::string>();
            } else if (key == "standard_error") {
                column.standard_error = in_rows(value, results);
            } else {
                throw Misfit{"key '" + shown(key) + "' of '" + shown(name) + "' is unknown"};
            }
        }
    }
}

void apply_benchmarks(const Json& extras, Results& results) {
    for (const auto& [name, entry] : extras.items()) {
        auto& benchmark = named(results.benchmarks, name);
        benchmark.unit = entry.at(0).get<std::string>();
        benchmark.scale = to_number(entry.at(1));
    }
}

void apply_scores(const Json& list, Results& results) {
    const Places rows(results.representations, "representation"), columns(results.benchmarks, "benchmark");
    std::map<std::tuple<std::size_t, std::size_t, std::optional<std::int64_t>>, Score*> by_key;
    for (auto& score : results.scores) {
        by_key[{static_cast<std::size_t>(score.representation), static_cast<std::size_t>(score.benchmark),
                score.seed}] = &score;
    }
    for (const auto& entry : list) {
        const auto seed = entry.at(2).is_null() ? std::nullopt : std::optional(to_whole(entry.at(2)));
        const auto found = by_key.find(
            {rows.of(entry.at(0).get<std::string>()), columns.of(entry.at(1).get<std::string>()), seed});
        if (found == by_key.end()) throw Misfit{"there is no score for " + shown(entry.dump())};
        found->second->standard_error = to_number(entry.at(3));
        found->second->samples = to_whole(entry.at(4));
        found->second->gpu_hours = to_number(entry.at(5));
    }
}

void apply_one(const std::string& key, const Json& value, Results& results) {
    if (key == "alignment") {
        apply_alignment(value, results);
    } else if (key == "benchmarks") {
        apply_benchmarks(value, results);
    } else if (key == "scores") {
        apply_scores(value, results);
    } else if (key == "correspondence_definition") {
        results.correspondence_definition = value.get<std::string>();
    } else if (key == "correspondence_error") {
        results.correspondence_error = in_rows(value, results);
    } else if (key == "provenance") {
        results.provenance = value;
    } else if (key != "incomplete") {
        throw Misfit{"key '" + shown(key) + "' is unknown"};
    }
}

[[noreturn]] void fail(const std::string& file_name, const std::string& problem) {
    throw core::input_error(file_name + ": the line that starts with '#!' is wrong (" + problem + ")",
                            "standard errors, units and the like would be lost",
                            "restore the line, or remove it");
}

}  // namespace

std::string default_definition(const std::string& name) {
    return name == "loglik" || name == "cosine" ? name : "unspecified";
}

std::string extras_of(const Results& r) {
    Json extras = Json::object();
    if (r.alignment.empty() || r.benchmarks.empty()) extras["incomplete"] = true;
    if (const Json alignment = alignment_extras(r); !alignment.empty()) extras["alignment"] = alignment;
    if (!r.correspondence_definition.empty()) {
        extras["correspondence_definition"] = r.correspondence_definition;
    }
    if (any_known(r.correspondence_error)) {
        extras["correspondence_error"] = by_representation(r.correspondence_error, r);
    }
    if (const Json benchmarks = benchmark_extras(r); !benchmarks.empty()) extras["benchmarks"] = benchmarks;
    if (const Json scores = score_extras(r); !scores.empty()) extras["scores"] = scores;
    if (!r.provenance.is_null()) extras["provenance"] = r.provenance;
    return extras.empty() ? "" : " " + extras.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_extras(std::string_view comment) {
    if (!comment.starts_with('!')) return false;
    const auto first = comment.find_first_not_of(" \t", 1);
    return first != std::string_view::npos && comment[first] == '{';
}

Json parse_extras(std::string_view comment, const std::string& file_name) {
    return core::parse_json(comment.substr(1), file_name + ": the line that starts with '#!'");
}

void apply_extras(const Json& extras, Results& results, const std::string& file_name) {
    try {
        for (const auto& [key, value] : extras.items()) apply_one(key, value, results);
    } catch (const Json::exception& error) {
        fail(file_name, error.what());
    } catch (const Misfit& misfit) {
        fail(file_name, misfit.problem);
    }
}

bool says_incomplete(const Json& extras) {
    return extras.is_object() && extras.contains("incomplete") && extras["incomplete"] == true;
}

}  // namespace lvr::files
