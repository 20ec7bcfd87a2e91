// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/crash_message.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/files/results.hpp>

#include "results_schema.hpp"

namespace lvr::files {
namespace {

constexpr std::int64_t k_version = 1;
const std::string k_schema = "lvr-results";
constexpr std::int64_t k_no_seed = std::numeric_limits<std::int64_t>::min();

template <class Items, class Get>
auto column(const Items& items, Get get) {
    std::vector<std::decay_t<decltype(get(items.front()))>> values;
    for (const auto& item : items) values.push_back(get(item));
    return values;
}

std::vector<double> flattened(const std::vector<AlignmentColumn>& columns,
                              std::vector<double> AlignmentColumn::*member) {
    std::vector<double> all;
    for (const auto& one : columns) all.insert(all.end(), (one.*member).begin(), (one.*member).end());
    return all;
}

void write_representations(const H5Group& root, const Results& r) {
    const H5Group group = root.make_group("representations");
    group.write("name", column(r.representations, [](const auto& x) { return x.name; }));
    group.write("family", column(r.representations, [](const auto& x) { return x.family; }));
    group.write("gpu_hours", column(r.representations, [](const auto& x) { return x.gpu_hours; }));
    const H5Group labels = group.make_group("labels");
    for (std::size_t i = 0; i < r.label_columns.size(); ++i) {
        labels.write(std::to_string(i),
                     column(r.representations, [i](const auto& x) { return x.labels[i]; }));
    }
}

void write_scores_of_law(const H5Group& root, const Results& r) {
    const std::vector<std::uint64_t> shape = {r.alignment.size(), r.representations.size()};
    const H5Group alignment = root.make_group("alignment");
    alignment.write("name", column(r.alignment, [](const auto& x) { return x.name; }));
    alignment.write("definition", column(r.alignment, [](const auto& x) { return x.definition; }));
    alignment.write("value", flattened(r.alignment, &AlignmentColumn::value), shape);
    alignment.write("standard_error", flattened(r.alignment, &AlignmentColumn::standard_error), shape);
    const H5Group correspondence = root.make_group("correspondence");
    correspondence.write("value", r.correspondence);
    correspondence.write("standard_error", r.correspondence_error);
    correspondence.write_scalar("definition", r.correspondence_definition);
}

void write_benchmarks(const H5Group& root, const Results& r) {
    const H5Group group = root.make_group("benchmarks");
    group.write("name", column(r.benchmarks, [](const auto& x) { return x.name; }));
    group.write("unit", column(r.benchmarks, [](const auto& x) { return x.unit; }));
    group.write("scale", column(r.benchmarks, [](const auto& x) { return x.scale; }));
    const H5Group scores = root.make_group("scores");
    scores.write("representation", column(r.scores, [](const auto& x) { return x.representation; }));
    scores.write("benchmark", column(r.scores, [](const auto& x) { return x.benchmark; }));
    scores.write("seed", column(r.scores, [](const auto& x) { return x.seed.value_or(k_no_seed); }));
    scores.write("value", column(r.scores, [](const auto& x) { return x.value; }));
    scores.write("standard_error", column(r.scores, [](const auto& x) { return x.standard_error; }));
    scores.write("samples", column(r.scores, [](const auto& x) { return x.samples; }));
    scores.write("gpu_hours", column(r.scores, [](const auto& x) { return x.gpu_hours; }));
}

[[noreturn]] void fail(const H5Group& group, const std::string& what) {
    throw core::input_error(group.file_name() + ": " + what,
                            "the file does not follow the schema of results.h5, or is damaged",
                            "make it again with the program that wrote it, or convert its CSV");
}

template <class T>
std::vector<T> sized(std::vector<T> values, std::size_t size, const H5Group& group, const std::string& path) {
    if (values.size() != size)
        fail(group, fmt::format("{} has {} entries, not {}", path, values.size(), size));
    return values;
}

/// Row-major values of just this shape.
std::vector<double> shaped(const H5Group& root, const std::string& path, const H5Group::Shape& shape) {
    if (root.shape(path) != shape)
        fail(root, fmt::format("{} has another shape than [{}]", path, fmt::join(shape, ", ")));
    return root.doubles(path);
}

void read_representations(const H5Group& root, Results& r) {
    const auto names = root.texts("representations/name");
    const std::size_t count = names.size();
    const auto families = sized(root.texts("representations/family"), count, root, "representations/family");
    const auto hours =
        sized(root.doubles("representations/gpu_hours"), count, root, "representations/gpu_hours");
    for (std::size_t i = 0; i < count; ++i)
        r.representations.push_back({names[i], families[i], hours[i], {}});
    r.label_columns = root.texts("label_columns");
    for (std::size_t i = 0; i < r.label_columns.size(); ++i) {
        const std::string path = "representations/labels/" + std::to_string(i);
        const auto labels = sized(root.texts(path), count, root, path);
        for (std::size_t j = 0; j < count; ++j) r.representations[j].labels.push_back(labels[j]);
    }
}

void read_scores_of_law(const H5Group& root, Results& r) {
    const std::size_t rows = r.representations.size();
    const auto names = root.texts("alignment/name");
    const auto definitions =
        sized(root.texts("alignment/definition"), names.size(), root, "alignment/definition");
    const auto values = shaped(root, "alignment/value", {names.size(), rows});
    const auto errors = shaped(root, "alignment/standard_error", {names.size(), rows});
    for (std::size_t k = 0; k < names.size(); ++k) {
        const auto first = static_cast<std::ptrdiff_t>(k * rows),
                   last = static_cast<std::ptrdiff_t>((k + 1) * rows);
        r.alignment.push_back({names[k],
                               definitions[k],
                               {values.begin() + first, values.begin() + last},
                               {errors.begin() + first, errors.begin() + last}});
    }
    r.correspondence = sized(root.doubles("correspondence/value"), rows, root, "correspondence/value");
    r.correspondence_error =
        sized(root.doubles("correspondence/standard_error"), rows, root, "correspondence/standard_error");
    r.correspondence_definition =
        sized(root.texts("correspondence/definition"), 1, root, "correspondence/definition").front();
}

void read_benchmarks(const H5Group& root, Results& r) {
    const auto names = root.texts("benchmarks/name");
    const auto units = sized(root.texts("benchmarks/unit"), names.size(), root, "benchmarks/unit");
    const auto scales = sized(root.doubles("benchmarks/scale"), names.size(), root, "benchmarks/scale");
    for (std::size_t i = 0; i < names.size(); ++i) r.benchmarks.push_back({names[i], units[i], scales[i]});
}

void read_scores(const H5Group& root, Results& r) {
    const auto values = root.doubles("scores/value");
    const std::size_t count = values.size();
    const auto whole = [&](const std::string& name) {
        return sized(root.integers("scores/" + name), count, root, "scores/" + name);
    };
    const auto real = [&](const std::string& name) {
        return sized(root.doubles("scores/" + name), count, root, "scores/" + name);
    };
    const auto representation = whole("representation"), benchmark = whole("benchmark"), seed = whole("seed"),
               samples = whole("samples");
    const auto error = real("standard_error"), hours = real("gpu_hours");
    for (std::size_t i = 0; i < count; ++i) {
        const auto its_seed = seed[i] == k_no_seed ? std::nullopt : std::optional<std::int64_t>(seed[i]);
        r.scores.push_back(
            {representation[i], benchmark[i], its_seed, values[i], error[i], samples[i], hours[i]});
    }
}

std::string one_text(const H5Group& root, const std::string& name) {
    return sized(root.texts(name), 1, root, name).front();
}

void read_sources(const H5Group& root, std::vector<SourceFile>& sources) {
    sources.clear();
    if (!root.has("results_d")) return;
    const auto files = root.texts("results_d/file");
    const auto hashes = sized(root.texts("results_d/sha256"), files.size(), root, "results_d/sha256");
    for (std::size_t i = 0; i < files.size(); ++i) sources.push_back({files[i], hashes[i]});
}

void check_schema(const H5Group& root) {
    if (!root.has_attribute("schema") || root.text_attribute("schema") != k_schema)
        fail(root, "is not a results file (attribute schema)");
    const auto version = root.integer_attribute("version");
    if (version != k_version)
        fail(root, fmt::format("has schema version {}, this program reads {}", version, k_version));
}

void read_texts(const H5Group& root, Results& results) {
    results.comments = root.texts("comments");
    results.origin_csv = one_text(root, "origin_csv");
    results.provenance = read_provenance(root);
}

}  // namespace

void fill_results(const H5Group& root, const Results& results, const std::vector<SourceFile>& sources) {
    root.write_attribute("schema", k_schema);
    root.write_attribute("version", k_version);
    write_provenance(root, results.provenance);
    root.write("comments", results.comments);
    root.write("label_columns", results.label_columns);
    write_representations(root, results);
    write_scores_of_law(root, results);
    write_benchmarks(root, results);
    root.write_scalar("origin_csv", results.origin_csv);
    if (sources.empty()) return;
    root.write("results_d/file", column(sources, [](const auto& x) { return x.name; }));
    root.write("results_d/sha256", column(sources, [](const auto& x) { return x.sha256; }));
}

Results results_of(const H5Group& root, std::vector<SourceFile>* sources) {
    check_schema(root);
    Results results;
    read_representations(root, results);
    read_scores_of_law(root, results);
    read_benchmarks(root, results);
    read_scores(root, results);
    read_texts(root, results);
    if (sources != nullptr) read_sources(root, *sources);
    validate(results, root.file_name());
    sort_scores(results.scores);
    return results;
}

void write_results_h5(const std::filesystem::path& file, const Results& results,
                      const std::vector<SourceFile>& sources) {
    validate(results, file.string());
    H5File::write(file, [&](const H5Group& root) { fill_results(root, results, sources); });
}

Results read_results_h5(const std::filesystem::path& file, std::vector<SourceFile>* sources) {
    const CrashMessage crash(file.string());
    return results_of(H5File::open(file), sources);
}

Results results_in(std::string_view bytes, const std::string& name, std::vector<SourceFile>* sources,
                   CsvColumns columns) {
    if (!H5File::is_image(bytes)) return parse_csv(bytes, name, columns);
    const CrashMessage crash(name);
    return results_of(H5File::open_image(bytes, name), sources);
}

Results read_results(const std::filesystem::path& file) {
    return results_in(core::read_text(file), file.string());
}

void write_results(const std::filesystem::path& file, const Results& results) {
    if (file.extension() == ".csv") {
        write_text(file, to_csv(results));
    } else {
        write_results_h5(file, results);
    }
}

}  // namespace lvr::files
