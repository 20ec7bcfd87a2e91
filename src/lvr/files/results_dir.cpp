// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <cmath>
#include <limits>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/files/atomic_file.hpp>
#include <lvr/files/hdf5.hpp>
#include <lvr/files/results_dir.hpp>

namespace lvr::files {
namespace {

namespace fs = std::filesystem;

const std::string k_schema = "lvr-measurement";
constexpr std::int64_t k_version = 1;
constexpr std::int64_t k_no_seed = std::numeric_limits<std::int64_t>::min();
constexpr std::size_t k_longest_name = 200;  // file systems stop at 255 bytes
constexpr int k_most_rebuilds = 100;

std::string percent_encoded(const std::string& text) {
    std::string out;
    for (const char letter : text) {
        const bool plain = std::isalnum(static_cast<unsigned char>(letter)) || letter == '-' || letter == '_' || letter == '.' || letter == '@' || letter == '+';
        out += plain ? std::string(1, letter) : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    }
    return out;
}

fs::path folder_beside(const fs::path& results_h5) { return results_h5.parent_path() / (results_h5.stem().string() + ".d"); }

std::vector<fs::path> listing(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        const std::string name = entry->path().filename().string();
        if (entry->path().extension() == ".h5" && name.front() != '.') files.push_back(entry->path());
    }
    if (code) throw core::input_error(folder.string() + ": cannot be listed (" + code.message() + ")", "the measurements lie there", "check the path");
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<SourceFile> hashed(const fs::path& folder) {
    std::vector<SourceFile> sources;
    for (const auto& file : listing(folder)) sources.push_back({file.filename().string(), core::sha256_of_file(file)});
    return sources;
}

template <class Items>
std::size_t index_of(const Items& items, const std::string& name) {
    const auto found = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
    return static_cast<std::size_t>(found - items.begin());
}

bool same(double left, double right) { return left == right || (std::isnan(left) && std::isnan(right)); }

/// A measurement with the file it came from.
struct Found {
    Measurement measurement;
    std::string file;
};

class Assembler {
  public:
    explicit Assembler(const std::vector<Found>& found) : found_(found) {}

    Results run() {
        declare();
        for (const auto& one : found_) {
            if (one.measurement.kind == "alignment") take_alignment(one);
            else if (one.measurement.kind == "correspondence") take_correspondence(one);
            else take_score(one);
        }
        const auto order = [](const Score& x) { return std::tuple(x.representation, x.benchmark, x.seed); };
        std::sort(results_.scores.begin(), results_.scores.end(), [&](const Score& x, const Score& y) { return order(x) < order(y); });
        return std::move(results_);
    }

  private:
    /// Rows and columns first, sorted by name: they must not depend on who was measured first.
    void declare() {
        std::set<std::string> representations, alignment, benchmarks, labels;
        for (const auto& [m, file] : found_) {
            representations.insert(m.representation);
            if (m.kind == "alignment") alignment.insert(m.name);
            if (m.kind == "score") benchmarks.insert(m.name);
            for (const auto& [label, text] : m.labels) labels.insert(label);
        }
        const std::vector<double> nothing(representations.size(), k_not_measured);
        results_.label_columns.assign(labels.begin(), labels.end());
        for (const auto& name : representations) results_.representations.push_back({name, "", k_not_measured, std::vector<std::string>(labels.size())});
        for (const auto& name : alignment) results_.alignment.push_back({name, "", nothing, nothing});
        for (const auto& name : benchmarks) results_.benchmarks.push_back({name, "", k_not_measured});
        results_.correspondence = results_.correspondence_error = nothing;
        for (const auto& one : found_) take_representation(one);
    }

    [[noreturn]] void conflict(const Found& one, const std::string& what) const {
        throw core::input_error(fmt::format("{}: says another {} than a measurement before it", one.file, what), "one of the two is wrong",
                                "remove the file that is wrong from results.d");
    }

    void settle(std::string& known, const std::string& said, const Found& one, const std::string& what) const {
        if (said.empty()) return;
        if (!known.empty() && known != said) conflict(one, what + fmt::format(" ('{}', not '{}')", said, known));
        known = said;
    }

    void settle(double& known, double said, const Found& one, const std::string& what) const {
        if (std::isnan(said)) return;
        if (!std::isnan(known) && known != said) conflict(one, what + fmt::format(" ({}, not {})", said, known));
        known = said;
    }

    void take_representation(const Found& one) {
        auto& representation = results_.representations[index_of(results_.representations, one.measurement.representation)];
        settle(representation.family, one.measurement.family, one, "family");
        const double hours = one.measurement.training_gpu_hours;  // it grows as training goes on: the largest is the last
        if (!std::isnan(hours) && !(representation.gpu_hours >= hours)) representation.gpu_hours = hours;
        for (const auto& [label, text] : one.measurement.labels) {
            const auto at = std::lower_bound(results_.label_columns.begin(), results_.label_columns.end(), label) - results_.label_columns.begin();
            settle(representation.labels[static_cast<std::size_t>(at)], text, one, "label " + label);
        }
    }

    void take_alignment(const Found& one) {
        auto& column = results_.alignment[index_of(results_.alignment, one.measurement.name)];
        const std::size_t row = index_of(results_.representations, one.measurement.representation);
        settle(column.definition, one.measurement.definition.empty() ? "unspecified" : one.measurement.definition, one, "definition of A_" + column.name);
        settle(column.value[row], one.measurement.value, one, "alignment");
        settle(column.standard_error[row], one.measurement.standard_error, one, "standard error");
    }

    void take_correspondence(const Found& one) {
        const std::size_t row = index_of(results_.representations, one.measurement.representation);
        settle(results_.correspondence_definition, one.measurement.definition, one, "definition of C");
        settle(results_.correspondence[row], one.measurement.value, one, "correspondence");
        settle(results_.correspondence_error[row], one.measurement.standard_error, one, "standard error");
    }

    void take_score(const Found& one) {
        const Measurement& m = one.measurement;
        const auto row = static_cast<std::int64_t>(index_of(results_.representations, m.representation));
        const auto benchmark = static_cast<std::int64_t>(index_of(results_.benchmarks, m.name));
        auto& its_benchmark = results_.benchmarks[static_cast<std::size_t>(benchmark)];
        settle(its_benchmark.unit, m.unit, one, "unit of " + m.name);
        settle(its_benchmark.scale, m.scale, one, "scale of " + m.name);
        for (const auto& score : results_.scores) {
            if (score.representation != row || score.benchmark != benchmark || score.seed != m.seed) continue;
            if (!same(score.value, m.value)) conflict(one, "score");
            return;
        }
        results_.scores.push_back({row, benchmark, m.seed, m.value, m.standard_error, m.samples, m.gpu_hours});
    }

    const std::vector<Found>& found_;
    Results results_;
};

}  // namespace

std::string file_name_of(const Measurement& m) {
    const std::string seed = m.seed ? std::to_string(*m.seed) : "";
    const std::string key = percent_encoded(m.representation) + "~" + percent_encoded(m.kind) + "~" + percent_encoded(m.name) + "~" + seed;
    if (key.size() <= k_longest_name) return key + ".h5";
    return key.substr(0, k_longest_name - 17) + "~" + core::sha256(key).substr(0, 16) + ".h5";
}

void write_measurement(const fs::path& folder, const Measurement& m) {
    make_folder(folder);
    H5File::write(folder / file_name_of(m), [&](const H5Group& root) {
        root.write_attribute("schema", k_schema);
        root.write_attribute("version", k_version);
        for (const auto& [name, text] : {std::pair{"kind", m.kind}, {"representation", m.representation}, {"name", m.name},
                                         {"definition", m.definition}, {"unit", m.unit}, {"family", m.family}}) {
            root.write_scalar(name, text);
        }
        root.write_scalar("seed", m.seed.value_or(k_no_seed));
        root.write_scalar("samples", m.samples);
        root.write("figures", std::vector<double>{m.value, m.standard_error, m.scale, m.gpu_hours, m.training_gpu_hours});
        std::vector<std::string> keys, texts;
        for (const auto& [key, text] : m.labels) keys.push_back(key), texts.push_back(text);
        root.write("label_columns", keys);
        root.write("labels", texts);
        root.write_scalar("provenance", m.provenance.is_null() ? std::string() : core::to_text(m.provenance));
    });
}

Measurement read_measurement(const fs::path& file) {
    const H5Group root = H5File::open(file);
    const auto fail = [&](const std::string& what) {
        throw core::input_error(file.string() + ": " + what, "it is no measurement of ours, or damaged", "remove it from results.d, or measure again");
    };
    if (!root.has_attribute("schema") || root.text_attribute("schema") != k_schema) fail("is not a measurement (attribute schema)");
    if (root.integer_attribute("version") != k_version) fail("has another schema version");
    const auto text = [&](const std::string& name) {
        const auto texts = root.texts(name);
        if (texts.size() != 1) fail(name + " is not one text");
        return texts.front();
    };
    Measurement m{text("kind"), text("representation"), text("name"), text("definition"), {}};
    m.unit = text("unit");
    m.family = text("family");
    const auto seed = root.integers("seed"), samples = root.integers("samples");
    const auto figures = root.doubles("figures");
    const auto keys = root.texts("label_columns"), texts = root.texts("labels");
    if (seed.size() != 1 || samples.size() != 1 || figures.size() != 5 || keys.size() != texts.size()) fail("has fields of another size");
    if (seed.front() != k_no_seed) m.seed = seed.front();
    m.samples = samples.front();
    m.value = figures[0], m.standard_error = figures[1], m.scale = figures[2], m.gpu_hours = figures[3], m.training_gpu_hours = figures[4];
    for (std::size_t i = 0; i < keys.size(); ++i) m.labels[keys[i]] = texts[i];
    if (m.kind != "alignment" && m.kind != "correspondence" && m.kind != "score") fail("kind '" + m.kind + "' is unknown");
    if (!std::isfinite(m.value)) fail("the value is not a finite number");
    const std::string provenance = text("provenance");
    m.provenance = provenance.empty() ? core::Json() : core::Json::parse(provenance, nullptr, false);
    if (m.provenance.is_discarded()) fail("provenance is not valid JSON");
    return m;
}

Results assemble(const fs::path& folder, std::vector<SourceFile>* sources) {
    std::vector<Found> found;
    for (const auto& file : listing(folder)) found.push_back({read_measurement(file), file.string()});
    if (sources != nullptr) *sources = hashed(folder);
    Results results = Assembler(found).run();
    validate(results, folder.string());
    return results;
}

void rebuild(const fs::path& results_h5) {
    const fs::path folder = folder_beside(results_h5);
    for (int attempt = 0; attempt < k_most_rebuilds; ++attempt) {
        std::vector<SourceFile> sources;
        const Results results = assemble(folder, &sources);
        write_results_h5(results_h5, results, sources);
        if (hashed(folder) == sources) return;
    }
    throw core::Error(core::ErrorKind::resource, folder.string() + ": changed each time it was read", "results.h5 could not keep up with it",
                      "start again when the jobs that write there are done");
}

Results read_results_with_dir(const fs::path& file, std::string* note) {
    if (!H5File::is_hdf5(file)) return read_results(file);
    std::vector<SourceFile> sources;
    Results results = read_results_h5(file, &sources);
    const fs::path folder = folder_beside(file);
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored) || hashed(folder) == sources) return results;
    if (note != nullptr) *note = fmt::format("{} has changed since {} was rebuilt: reading {} itself", folder.string(), file.string(), folder.string());
    return assemble(folder);
}

}  // namespace lvr::files
