// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/samples_log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/files/atomic_file.hpp>

namespace lvr::eval {
namespace {

using core::Json;

Json line_of(const tasks::Benchmark& benchmark, const Sample& sample, const Json& metrics) {
    Json line = {{"doc_id", sample.row},
                 {"doc", sample.document},
                 {"target", benchmark.target(sample.document)},
                 {"arguments", Json::array({Json::array({benchmark.context(sample.document)})})},
                 {"resps", Json::array({Json::array({sample.answer})})},
                 {"filtered_resps", Json::array({sample.answer})}};
    for (const auto& [name, value] : metrics.items()) line[name] = value;
    line["image"] = sample.image;
    line["cut"] = sample.cut;
    line["problem"] = sample.problem;
    return line;
}

[[noreturn]] void refuse(const std::string& where, const std::string& problem) {
    throw core::input_error(where + ": " + problem, "it is no log of answers",
                            "name a samples.jsonl of lvr-eval, or one of lmms-eval's, a JSON object a line");
}

/// The text in ["text"] or [["text"]]; null if there is none.
const Json* text_in(const Json* value) {
    while (value->is_array() && value->size() == 1) value = &value->front();
    return value->is_string() ? value : nullptr;
}

std::string answer_in(const Json& line, const std::string& where) {
    for (const char* const name : {"filtered_resps", "resps"}) {
        const auto found = line.find(name);
        if (found == line.end()) continue;
        if (const auto* text = text_in(&*found)) return text->get<std::string>();
    }
    refuse(where, "has no answer (filtered_resps or resps with one text)");
}

std::string text_member(const Json& line, const char* name) {
    const auto found = line.find(name);
    return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

Sample sample_of(const Json& line, const std::string& where) {
    if (!line.is_object()) refuse(where, "is no object");
    const auto row = line.find("doc_id"), document = line.find("doc");
    if (row == line.end() || !row->is_number_integer() || row->get<std::int64_t>() < 0)
        refuse(where, "has no doc_id");
    if (document == line.end() || !document->is_object()) refuse(where, "has no doc");
    Sample sample{.row = row->get<std::int64_t>(), .document = *document, .answer = answer_in(line, where)};
    sample.image = text_member(line, "image");
    sample.problem = text_member(line, "problem");
    const auto cut = line.find("cut");
    sample.cut = cut != line.end() && cut->is_boolean() && cut->get<bool>();
    return sample;
}

}  // namespace

std::vector<tasks::Answered> answered(std::span<const Sample> samples) {
    std::vector<tasks::Answered> all;
    std::ranges::transform(samples, std::back_inserter(all), [](const Sample& sample) {
        return tasks::Answered{&sample.document, sample.answer, sample.image, sample.row};
    });
    return all;
}

void write_samples(const std::filesystem::path& file, const tasks::Benchmark& benchmark,
                   std::span<const Sample> samples, const tasks::Score& score) {
    core::ensure(score.rows.size() == samples.size(), "a score logs each answer");
    std::string text;
    for (std::size_t i = 0; i < samples.size(); ++i)
        text += core::to_line(line_of(benchmark, samples[i], score.rows[i]));
    files::write_text(file, text);
}

std::vector<Sample> read_samples(const std::filesystem::path& file) {
    const std::string text = core::read_text(file);
    std::vector<Sample> samples;
    std::int64_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        const std::string_view line = std::string_view(text).substr(begin, end - begin);
        begin = end + 1;
        const auto where = fmt::format("{}: line {}", file.string(), ++number);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        samples.push_back(sample_of(core::parse_json(line, where), where));
    }
    if (samples.empty()) refuse(file.string(), "is empty");
    std::ranges::stable_sort(samples, {}, &Sample::row);
    const auto twice = std::ranges::adjacent_find(samples, {}, &Sample::row);
    if (twice != samples.end()) refuse(file.string(), fmt::format("has doc_id {} twice", twice->row));
    return samples;
}

}  // namespace lvr::eval
