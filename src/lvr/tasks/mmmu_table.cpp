// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <lvr/tasks/mmmu.hpp>
#include <lvr/tasks/python_number.hpp>

namespace lvr::tasks {
namespace {

struct Domain {
    std::string_view name;
    std::vector<std::string_view> subjects;
};

const std::vector<Domain>& domains() {
    static const std::vector<Domain> all = {
        {"Art and Design", {"Art", "Art_Theory", "Design", "Music"}},
        {"Business", {"Accounting", "Economics", "Finance", "Manage", "Marketing"}},
        {"Science", {"Biology", "Chemistry", "Geography", "Math", "Physics"}},
        {"Health and Medicine",
         {"Basic_Medical_Science", "Clinical_Medicine", "Diagnostics_and_Laboratory_Medicine", "Pharmacy",
          "Public_Health"}},
        {"Humanities and Social Science", {"History", "Literature", "Sociology", "Psychology"}},
        {"Tech and Engineering",
         {"Agriculture", "Architecture_and_Engineering", "Computer_Science", "Electronics",
          "Energy_and_Power", "Materials", "Mechanical_Engineering"}},
    };
    return all;
}

struct Tally {
    std::int64_t right = 0, all = 0;
    double accuracy() const { return static_cast<double>(right) / static_cast<double>(all); }
};

core::Json entry(std::int64_t count, double accuracy) {
    return {{"num", count}, {"acc", python::round_to(accuracy, 3)}};
}

/// In the reference's order of sums, which is where the last bit comes from.
core::Json pooled(const std::vector<Tally>& tallies) {
    double sum = 0;
    std::int64_t count = 0;
    for (const auto& tally : tallies) {
        sum += tally.accuracy() * static_cast<double>(tally.all);
        count += tally.all;
    }
    if (count == 0) return {{"num", 0}, {"acc", 0}};
    return entry(count, sum / static_cast<double>(count));
}

}  // namespace

core::Json mmmu_table(const MmmuAnswers& answers) {
    std::map<std::string_view, std::size_t> places;
    std::vector<Tally> tallies;  // in the order in which subjects first occur
    for (std::size_t i = 0; i < answers.subjects.size(); ++i) {
        const auto [place, fresh] = places.try_emplace(answers.subjects[i], tallies.size());
        if (fresh) tallies.emplace_back();
        ++tallies[place->second].all;
        tallies[place->second].right += answers.correct[i] ? 1 : 0;
    }
    core::Json table = core::Json::object();
    for (const auto& domain : domains()) {
        std::vector<Tally> within;
        core::Json subjects = core::Json::object();
        for (const auto subject : domain.subjects) {
            const auto place = places.find(subject);
            if (place == places.end()) continue;
            within.push_back(tallies[place->second]);
            subjects[std::string(subject)] = entry(within.back().all, within.back().accuracy());
        }
        table["Overall-" + std::string(domain.name)] = pooled(within);
        for (const auto& [subject, value] : subjects.items()) table[subject] = value;
    }
    table["Overall"] = pooled(tallies);
    return table;
}

}  // namespace lvr::tasks
