// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/align_report.hpp>

#include <fmt/format.h>

#include <cmath>

#include <lvr/core/error.hpp>

namespace lvr::score {
double standard_error_of_mean(const std::vector<double>& values, double mean) {
    if (values.size() < 2) return files::k_not_measured;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const auto n = static_cast<double>(values.size());
    return std::sqrt(squares / (n - 1) / n);
}

AlignReport report_of(const Alignment& alignment, const std::vector<double>& scores,
                      const core::Json& details) {
    const auto images = alignment.image_ids.size(), references = alignment.references.size();
    core::ensure(images > 0 && references > 0 && scores.size() == images * references,
                 "the scores of an alignment are incomplete");
    AlignReport report{.representation = alignment.features.name,
                       .n = static_cast<std::int64_t>(images),
                       .details = details,
                       .image_ids = alignment.image_ids};
    std::vector<double> per_image(images);
    for (std::size_t r = 0; r < references; ++r) {
        double sum = 0;
        for (std::size_t i = 0; i < images; ++i) {
            sum += scores[i * references + r];
            per_image[i] += scores[i * references + r] / static_cast<double>(references);
        }
        report.references.emplace_back(alignment.references[r].name, sum / static_cast<double>(images));
        report.a += report.references.back().second;
    }
    report.a /= static_cast<double>(references);
    report.standard_error = standard_error_of_mean(per_image, report.a);
    return report;
}

std::string json_line(const AlignReport& report) {
    core::Json json;
    json["representation"] = report.representation;
    json["references"] = core::Json::object();
    for (const auto& [name, a] : report.references) json["references"][name] = a;
    json["a"] = report.a;
    json["se"] = core::number(report.standard_error);
    json["n"] = report.n;
    for (const auto& [key, value] : report.details.items()) json[key] = value;
    json["image_ids"] = report.image_ids;
    return core::to_line(json);
}

std::string text(const AlignReport& report) {
    std::string lines = fmt::format("{}: A = {:.6f}", report.representation, report.a);
    if (std::isfinite(report.standard_error)) lines += fmt::format(" +- {:.6f}", report.standard_error);
    lines += fmt::format(" ({} {}", report.n, report.references.empty() ? "pairs" : "images");
    for (const auto& [key, value] : report.details.items())
        lines += ", " + (value.is_string() ? value.get<std::string>() : key + " " + value.dump());
    lines += ")\n";
    for (const auto& [name, a] : report.references) lines += fmt::format("  against {}: {:.6f}\n", name, a);
    return lines;
}

files::Measurement measurement_of(const AlignReport& report, const std::string& column,
                                  const core::Json& provenance) {
    files::Measurement measurement;
    measurement.kind = "alignment";
    measurement.representation = report.representation;
    measurement.name = column;
    measurement.definition = report.details.at("definition").get<std::string>();
    measurement.value = report.a;
    measurement.standard_error = report.standard_error;
    measurement.samples = report.n;
    measurement.provenance = provenance;
    return measurement;
}

}  // namespace lvr::score
