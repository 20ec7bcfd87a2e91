// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <analysis/law/law_json.hpp>
#include <lvr/files/results_dir.hpp>
#include <lvr/par/comm.hpp>

namespace lvr::analysis {

/// Everything `lvr-fit` found out. The same on every rank.
struct Analysis {
    Table table;
    Law law;
    std::optional<PolicyTable> policy;
    std::optional<SearchTable> search;
    core::Json plan;        ///< null unless asked for
    core::Json plan_study;  ///< null unless asked for
    core::Json provenance;
};

/// Reads nothing: `input` is all there is, and the provenance names its sources.
Analysis analyse(const files::Input& input, FitConfig config, const par::Comm& comm);

/// The one object of `--format json`.
core::Json to_json(const Analysis& analysis);

/// What stdout gets: text, json, csv, markdown or latex.
std::string render(const Analysis& analysis, const std::string& format);

/// Writes law.json, law.h5, tables/*.md, tables/*.tex and *.csv into a folder, each complete or absent, and
/// removes what an earlier run wrote there and this one does not (lvr/files/output_folder.hpp).
void write_outputs(const Analysis& analysis, const std::string& folder);

}  // namespace lvr::analysis
