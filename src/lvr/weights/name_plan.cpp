// SPDX-License-Identifier: Apache-2.0
#include <lvr/weights/name_plan.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include <lvr/core/config.hpp>
#include <lvr/core/error.hpp>
#include <lvr/weights/name_pattern.hpp>

namespace lvr::weights {
namespace {

using Shape = std::vector<std::int64_t>;
using Action = NameRow::Action;

constexpr std::size_t k_most_listed = 20;

std::string text_of(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

Shape without_ones(Shape shape) {
    std::erase(shape, 1);
    return shape;
}

/// One row as it applies to one index: the source names of its target.
struct Candidate {
    const NameRow* row = nullptr;
    Numbers numbers;
    std::vector<std::string> parts;  ///< what the checkpoint has of its sources; "" = not there
};

/// Where a source belongs.
struct Match {
    const NameRow* row;
    std::size_t part;
    Numbers numbers;
};

class Planner {
  public:
    Planner(const Checkpoint& checkpoint, const NameMap& map, const Shapes& wanted,
            const LoadOptions& options)
        : checkpoint_(checkpoint), map_(map), wanted_(wanted), options_(options) {}

    std::map<std::string, Fill> run() {
        for (const auto& [name, info] : checkpoint_.tensors()) {
            if (name.starts_with(options_.prefix)) place(name);
        }
        for (const auto& [target, candidates] : found_) settle(target, candidates);
        for (const auto& [target, shape] : wanted_) {
            if (!found_.contains(target)) complain_of_missing(target, shape);
        }
        for (const auto& name : unknown_)
            complain(name + ": is in the file, but no weight of such a model" + near(name, expected_));
        if (!problems_.empty()) fail();
        return std::move(fills_);
    }

  private:
    void complain(std::string problem) { problems_.push_back(std::move(problem)); }

    std::vector<Match> matches_of(const std::string& source) const {
        std::vector<Match> matches;
        for (const auto& row : map_) {
            for (std::size_t part = 0; part < row.sources.size(); ++part) {
                if (auto numbers = match_pattern(row.sources[part], source))
                    matches.push_back({&row, part, std::move(*numbers)});
            }
        }
        return matches;
    }

    bool is_past_the_tap(const Match& match) const {
        return options_.layers >= 0 && !match.numbers.empty() &&
               std::stoll(match.numbers[0]) >= options_.layers;
    }

    void place(const std::string& name) {
        auto matches = matches_of(name.substr(options_.prefix.size()));
        if (matches.empty()) {
            unknown_.push_back(name);
        } else if (matches.size() > 1) {
            complain(fmt::format("{}: is taken by two rows of the name map ({} and {})", name,
                                 matches[0].row->sources[matches[0].part],
                                 matches[1].row->sources[matches[1].part]));
        } else if (matches[0].row->action != Action::drop && !is_past_the_tap(matches[0])) {
            add(name, matches[0]);
        }
    }

    void add(const std::string& name, Match& match) {
        auto& candidates = found_[fill_pattern(match.row->target, match.numbers)];
        auto candidate = std::find_if(candidates.begin(), candidates.end(),
                                      [&](const auto& one) { return one.row == match.row; });
        if (candidate == candidates.end()) {
            candidates.push_back(
                {match.row, match.numbers, std::vector<std::string>(match.row->sources.size())});
            candidate = candidates.end() - 1;
        }
        candidate->parts[match.part] = name;
    }

    static std::string first_part(const Candidate& candidate) {
        return *std::find_if(candidate.parts.begin(), candidate.parts.end(),
                             [](const auto& part) { return !part.empty(); });
    }

    bool is_empty(const std::string& name) const {
        const auto& its_shape = checkpoint_.tensors().at(name).shape;
        return std::ranges::find(its_shape, 0) != its_shape.end();
    }

    /// One target: exactly one row may fill it, and completely.
    void settle(const std::string& target, const std::vector<Candidate>& candidates) {
        const auto& candidate = candidates[0];
        if (candidates.size() > 1)
            return complain(fmt::format("{}: {} and {} are both that", target, first_part(candidate),
                                        first_part(candidates[1])));
        const auto shape = wanted_.find(target);
        if (shape == wanted_.end() && is_empty(first_part(candidate))) return;  // no register tokens, say
        if (shape == wanted_.end())
            return complain(
                fmt::format("{}: is in the file, but this model has no {}", first_part(candidate), target));
        bool complete = true;
        for (std::size_t i = 0; i < candidate.parts.size(); ++i) {
            if (!candidate.parts[i].empty()) continue;
            complete = false;
            complain(fmt::format("{}: is not in the file, though {} is",
                                 full_name(*candidate.row, i, candidate.numbers), first_part(candidate)));
        }
        if (complete) check_shapes(target, candidate, shape->second);
    }

    std::string full_name(const NameRow& row, std::size_t part, const Numbers& numbers) const {
        return options_.prefix + fill_pattern(row.sources[part], numbers);
    }

    void check_shapes(const std::string& target, const Candidate& candidate, const Shape& wanted) {
        Fill fill{candidate.parts, {}, candidate.row->axis};
        std::int64_t length = 0;
        for (const auto& part : candidate.parts) {
            const auto& info = checkpoint_.tensors().at(part);
            if (!c10::isFloatingType(info.dtype))
                return complain(fmt::format("{}: holds no floating-point numbers", part));
            const auto seen = candidate.row->action == Action::concat ? as_part(info.shape, wanted, fill.axis)
                                                                      : as_whole(info.shape, wanted);
            if (!seen)
                return complain(fmt::format("{}: is {}, {} should be {}", part, text_of(info.shape), target,
                                            text_of(wanted)));
            if (const auto wrong = wrong_length(candidate, fill.shapes.size(), *seen); !wrong.empty())
                return complain(part + wrong);
            if (candidate.row->action == Action::concat)
                length += seen->at(static_cast<std::size_t>(fill.axis));
            fill.shapes.push_back(*seen);
        }
        if (candidate.row->action == Action::concat && length != wanted[static_cast<std::size_t>(fill.axis)])
            return complain(fmt::format("{}: would be {} long on axis {}, not {}", target, length, fill.axis,
                                        text_of(wanted)));
        fills_[target] = std::move(fill);
    }

    static std::optional<Shape> as_whole(const Shape& shape, const Shape& wanted) {
        return without_ones(shape) == without_ones(wanted) ? std::optional(wanted) : std::nullopt;
    }

    /// The wanted shape with the part's own length on the axis.
    static std::optional<Shape> as_part(const Shape& shape, const Shape& wanted, std::int64_t axis) {
        if (axis < 0 || static_cast<std::size_t>(axis) >= wanted.size()) return std::nullopt;
        for (const auto length : shape) {
            Shape seen = wanted;
            seen[static_cast<std::size_t>(axis)] = length;
            if (without_ones(seen) == without_ones(shape)) return seen;
        }
        return std::nullopt;
    }

    static std::string wrong_length(const Candidate& candidate, std::size_t part, const Shape& seen) {
        const auto& row = *candidate.row;
        if (row.lengths.empty() || seen[static_cast<std::size_t>(row.axis)] == row.lengths[part]) return "";
        return fmt::format(": is {}, but should be {} long on axis {}", text_of(seen), row.lengths[part],
                           row.axis);
    }

    /// The names under which the rows would have found it.
    std::vector<std::string> spellings(const std::string& target) const {
        std::vector<std::string> names;
        for (const auto& row : map_) {
            if (row.action == Action::drop) continue;
            const auto numbers = match_pattern(row.target, target);
            for (std::size_t part = 0; numbers && part < row.sources.size(); ++part)
                names.push_back(full_name(row, part, *numbers));
        }
        return names;
    }

    void complain_of_missing(const std::string& target, const Shape& shape) {
        const auto names = spellings(target);
        if (names.empty())
            return complain(fmt::format("{} {}: no row of the name map leads to it", target, text_of(shape)));
        expected_.insert(expected_.end(), names.begin(), names.end());
        complain(
            fmt::format("{}: is not in the file ({} {} of the model)", names[0], target, text_of(shape)) +
            near(names[0], unknown_));
    }

    static std::string near(const std::string& name, const std::vector<std::string>& names) {
        const auto nearest = core::nearest(name, names);
        return nearest.empty() ? "" : "; near: " + nearest;
    }

    [[noreturn]] void fail() {
        const auto count = problems_.size();
        if (count > k_most_listed) {
            problems_.resize(k_most_listed);
            problems_.push_back(fmt::format("and {} more", count - k_most_listed));
        }
        throw core::input_error(
            fmt::format("{}: its tensors are not those of the model ({}):\n    {}",
                        checkpoint_.files().front().string(),
                        count == 1 ? "1 does not fit" : fmt::format("{} do not fit", count),
                        fmt::join(problems_, "\n    ")),
            "a model with other weights than its own gives wrong numbers without a sign of it",
            "take the checkpoint that belongs to this config.json");
    }

    const Checkpoint& checkpoint_;
    const NameMap& map_;
    const Shapes& wanted_;
    const LoadOptions& options_;
    std::map<std::string, std::vector<Candidate>> found_;
    std::map<std::string, Fill> fills_;
    std::vector<std::string> unknown_, expected_, problems_;
};

}  // namespace

std::map<std::string, Fill> plan_weights(const Checkpoint& checkpoint, const NameMap& map,
                                         const Shapes& wanted, const LoadOptions& options) {
    return Planner(checkpoint, map, wanted, options).run();
}

}  // namespace lvr::weights
