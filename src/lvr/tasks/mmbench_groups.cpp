// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <numeric>

#include <lvr/tasks/mmbench.hpp>
#include <lvr/tasks/python_random.hpp>

namespace lvr::tasks {
namespace {

constexpr std::int64_t k_rotation = 1000000;
constexpr std::uint64_t k_seed = 2680;  ///< of the reference's evaluator

class Evaluation {
  public:
    Evaluation(std::span<const MmbenchRow> rows, Judge judge) : rows_(rows), judge_(judge), random_(k_seed) {
        std::vector<std::size_t> order(rows.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return rows[a].index < rows[b].index; });
        for (const std::size_t place : order) {
            by_base_[mmbench_base(rows[place].index)].push_back(place);
            last_[rows[place].index] = place;
        }
        for (const std::size_t place : order) {
            if (rows[place].index < k_rotation) add(place);
        }
    }

    MmbenchResult take() { return std::move(result_); }

  private:
    /// Of rows with one index the last tells what is right.
    const MmbenchRow& truth(std::int64_t index) const { return rows_[last_.at(index)]; }

    void add(std::size_t place) {
        const std::int64_t index = rows_[place].index;
        auto& groups = result_.groups;
        if (!groups.empty() && groups.back().index == index) {  // the index once more: it counts once more
            groups.push_back(groups.back());
            groups.back().row = place;
            return;
        }
        MmbenchGroup group{index, place, false, false, truth(index).category, truth(index).l2_category};
        // An index below 0 is no base of any group; the reference finds no rows for it and calls it right.
        const auto found = by_base_.find(index);
        const auto members = found == by_base_.end() ? std::vector<std::size_t>() : found->second;
        evaluate(group, members);
        groups.push_back(std::move(group));
    }

    void evaluate(MmbenchGroup& group, const std::vector<std::size_t>& members) {
        std::vector<std::size_t> open;
        bool wrong = false;
        for (const std::size_t place : members) {
            const auto option = mmbench_option(rows_[place].prediction, rows_[place].choices);
            if (!option) {
                open.push_back(place);
            } else if (!is_right(place, *option)) {
                wrong = true;
            }
        }
        result_.undecided += static_cast<std::int64_t>(open.size());
        if (wrong) return;
        group.open = !open.empty();
        group.right = std::all_of(open.begin(), open.end(), [&](std::size_t place) {
            const auto option = judged(rows_[place]);
            return option && is_right(place, *option);
        });
    }

    bool is_right(std::size_t place, char option) const {
        return truth(rows_[place].index).answer == std::string_view(&option, 1);
    }

    /// Those of the row's own options; without any, the later reference takes all there could be.
    static std::string letters_of(const MmbenchRow& row) {
        std::string letters;
        for (const auto& [letter, text] : row.choices) letters += letter;
        return letters.empty() ? "ABCDEFGH" : letters;
    }

    std::optional<char> judged(const MmbenchRow& row) {
        ++result_.judged;
        if (judge_ == Judge::reference) return "ABCDE"[random_.below(5)];
        if (judge_ == Judge::rules) return mmbench_rules(row.prediction, letters_of(row));
        return {};
    }

    std::span<const MmbenchRow> rows_;
    Judge judge_;
    python::Random random_;
    std::map<std::int64_t, std::vector<std::size_t>> by_base_;
    std::map<std::int64_t, std::size_t> last_;
    MmbenchResult result_;
};

core::Json means(std::span<const MmbenchGroup> groups, std::optional<std::string> MmbenchGroup::*name) {
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> tallies;
    for (const auto& group : groups) {
        if (!(group.*name)) continue;
        auto& [right, all] = tallies[*(group.*name)];
        right += group.right ? 1 : 0;
        ++all;
    }
    core::Json result = core::Json::object();
    for (const auto& [category, tally] : tallies)
        result[category] = static_cast<double>(tally.first) / static_cast<double>(tally.second);
    return result;
}

}  // namespace

/// As Python's %: never negative.
std::int64_t mmbench_base(std::int64_t index) { return (index % k_rotation + k_rotation) % k_rotation; }

double MmbenchResult::overall() const {
    const auto right =
        std::count_if(groups.begin(), groups.end(), [](const auto& group) { return group.right; });
    return static_cast<double>(right) / static_cast<double>(groups.size());
}

core::Json MmbenchResult::by_category() const { return means(groups, &MmbenchGroup::category); }
core::Json MmbenchResult::by_l2_category() const { return means(groups, &MmbenchGroup::l2_category); }

MmbenchResult mmbench_evaluate(std::span<const MmbenchRow> rows, Judge judge) {
    return Evaluation(rows, judge).take();
}

}  // namespace lvr::tasks
