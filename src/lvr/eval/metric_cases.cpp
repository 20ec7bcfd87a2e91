// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/metric_cases.hpp>

#include <fmt/format.h>

#include <string>
#include <vector>

#include <lvr/core/json.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/text_file.hpp>
#include <lvr/data/llava_list.hpp>
#include <lvr/eval/ask.hpp>
#include <lvr/tasks/metric_cases.hpp>
#include <lvr/vlm/conversation.hpp>

namespace lvr::eval {
namespace {

using core::Json;

constexpr int k_exit_failed_cases = 1;

/// What lies between the pictures.
Json chunks_of(const std::string& text) {
    Json chunks = Json::array();
    std::size_t begin = 0;
    while (true) {
        const auto end = text.find(data::k_image_mark, begin);
        chunks.push_back(text.substr(begin, end - begin));
        if (end == std::string::npos) return chunks;
        begin = end + data::k_image_mark.size();
    }
}

Json conversation(const Json& one) {
    const auto& input = one.at("input");
    const auto text = text_of(input.at("context").get<std::string>(), input.at("has_visual").get<bool>(),
                              vlm::find_template("vicuna_v1"));
    return {{"prompt", text}, {"chunks", chunks_of(text)}};
}

Json train_format(const Json& one) {
    data::LlavaSample talk{.name = "a case", .image = "picture", .turns = {}};
    for (const auto& turn : one.at("input").at("conversations"))
        talk.turns.push_back({turn.at("from").get<std::string>(), turn.at("value").get<std::string>()});
    const auto placed = vlm::place_images(talk);
    Json values = Json::array();
    for (const auto& turn : placed.turns) values.push_back(turn.value);
    return {{"values", values},
            {"stage2_prompt", vlm::write_prompt(placed, vlm::find_template("vicuna_v1")).text}};
}

/// An answer of which nothing is expected; what could not be answered at all has failed.
bool is_alone(const tasks::MetricCaseResult& result) {
    return result.expected.is_null() && !(result.got.is_object() && result.got.contains("failed"));
}

std::string line_of(const tasks::MetricCaseResult& result, const std::string& format) {
    if (format == "jsonl") {  // ASCII alone, so that nobody takes U+2028 for the end of a line
        const Json line = {{"id", result.id}, {"got", result.got}};
        return line.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
    }
    const auto shown = [](const Json& value) {
        return value.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    return fmt::format("{}\t{}\texpected {}\tgot {}\n",
                       result.pass        ? "pass"
                       : is_alone(result) ? "alone"
                                          : "FAIL",
                       result.id, shown(result.expected), shown(result.got));
}

}  // namespace

int check_metric_cases(const run::Job& job, const EvalConfig& config) {
    auto functions = tasks::metric_case_functions();
    functions["conversation"] = {.answer = conversation};
    functions["train_format"] = {.answer = train_format};
    const auto file = core::parse_json(core::read_text(config.metric_cases), config.metric_cases);
    std::string text;
    std::int64_t passed = 0, failed = 0, alone = 0;  // alone: nothing is expected of it
    for (const auto& result : tasks::run_metric_cases(file, functions)) {
        text += line_of(result, config.format);
        ++(result.pass ? passed : is_alone(result) ? alone : failed);
    }
    if (alone > 0) core::warn("{}: nothing is expected of {} cases", config.metric_cases, alone);
    if (config.format != "jsonl") text += fmt::format("{} passed, {} failed\n", passed, failed);
    job.print(text);
    return failed == 0 ? 0 : k_exit_failed_cases;
}

}  // namespace lvr::eval
