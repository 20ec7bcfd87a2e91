// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import_scores.hpp>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/record.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/score/import_lmms.hpp>
#include <lvr/score/import_table.hpp>

namespace lvr::score {
namespace {

namespace fs = std::filesystem;
using files::Measurement;

bool is_json(const std::string& bytes) {
    const auto first = bytes.find_first_not_of(" \t\r\n");
    return first != std::string::npos && bytes[first] == '{';
}

void expect_no(bool is_given, const std::string& option, const std::string& file) {
    if (!is_given) return;
    throw core::usage_error(file + ": the table says itself what " + option + " is to say", "",
                            "leave out " + option + ", or import the table by itself");
}

std::vector<Measurement> scores_in(const std::string& file, const ImportConfig& config) {
    const std::string bytes = core::read_text(file);
    Measurement source;
    source.file = file;
    if (is_json(bytes)) {
        if (config.representation.empty())
            throw core::usage_error(file + ": does not say whose scores it holds",
                                    "a result file of lmms-eval names a model, not its vision representation",
                                    "use --representation NAME");
        source.representation = config.representation;
        if (config.seed != k_no_seed) source.seed = config.seed;
        return lmms_scores(bytes, source);
    }
    expect_no(!config.representation.empty(), "--representation", file);
    expect_no(config.seed != k_no_seed, "--seed", file);
    source.provenance = files::make_provenance({{"import", {{"format", "table"}}}},
                                               {{fs::path(file).filename().string(), core::sha256(bytes)}});
    return measurements_of(files::results_in(bytes, file, nullptr, files::CsvColumns::any), source);
}

template <class T>
void keep_known(T& now, const T& before, bool is_unknown) {
    if (is_unknown) now = before;
}

/// What `now` leaves open and the file it will replace does not.
Measurement completed(Measurement now, const Measurement& before) {
    keep_known(now.definition, before.definition, now.definition.empty());
    keep_known(now.family, before.family, now.family.empty());
    keep_known(now.unit, before.unit, now.unit.empty());
    keep_known(now.samples, before.samples, now.samples == 0);
    for (const auto member : {&Measurement::standard_error, &Measurement::scale, &Measurement::gpu_hours,
                              &Measurement::training_gpu_hours})
        keep_known(now.*member, before.*member, std::isnan(now.*member));
    now.training_gpu_hours = std::fmax(now.training_gpu_hours, before.training_gpu_hours);
    now.labels.insert(before.labels.begin(), before.labels.end());
    return now;
}

bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// In all but where it comes from.
bool says_the_same(const Measurement& a, const Measurement& b) {
    return a.definition == b.definition && a.family == b.family && a.unit == b.unit &&
           a.samples == b.samples && a.labels == b.labels && same_number(a.value, b.value) &&
           same_number(a.standard_error, b.standard_error) && same_number(a.scale, b.scale) &&
           same_number(a.gpu_hours, b.gpu_hours) && same_number(a.training_gpu_hours, b.training_gpu_hours);
}

void import_on_root(const ImportConfig& config) {
    std::vector<Measurement> incoming;
    for (const auto& file : config.import_scores) {
        for (auto& measurement : scores_in(file, config)) incoming.push_back(std::move(measurement));
    }
    const fs::path folder = files::folder_beside(config.results);
    std::error_code ignored;
    std::vector<Measurement> known;
    if (fs::is_directory(folder, ignored)) known = files::read_measurements(folder);
    const auto added = additions(known, incoming);
    if (added.size() < incoming.size())
        core::info("{} of {} measurements are known already", incoming.size() - added.size(),
                   incoming.size());
    files::record(config.results, added);
}

}  // namespace

std::vector<Measurement> additions(const std::vector<Measurement>& known,
                                   const std::vector<Measurement>& incoming) {
    std::vector<Measurement> all = known;
    all.insert(all.end(), incoming.begin(), incoming.end());
    files::assemble(all, "the imported scores");
    std::map<std::string, Measurement> held, added;
    for (const auto& measurement : known) held.emplace(files::file_name_of(measurement), measurement);
    for (const auto& measurement : incoming) {
        const auto name = files::file_name_of(measurement);
        const auto before = held.find(name);
        if (before == held.end()) {
            added[name] = held[name] = measurement;
            continue;
        }
        const auto now = completed(measurement, before->second);
        if (!says_the_same(now, before->second)) added[name] = before->second = now;
    }
    std::vector<Measurement> list;
    for (auto& [name, measurement] : added) list.push_back(std::move(measurement));
    return list;
}

int import_scores(run::Job& job, const ImportConfig& config) {
    par::together(job.world(), [&] {
        if (job.is_root()) import_on_root(config);
    });
    return run::k_exit_ok;
}

}  // namespace lvr::score
