// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/list_ids.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/data/llava_list.hpp>
#include <lvr/eval/task_data.hpp>
#include <lvr/run/exit_codes.hpp>
#include <lvr/vlm/language_model.hpp>
#include <lvr/vlm/picture_choice.hpp>
#include <lvr/weights/snapshot.hpp>

namespace lvr::eval {
namespace {

/// A question in the order in which the reference asks.
struct Request {
    std::int64_t tokens = 0;
    std::string context;
    std::string id;
};

std::int64_t placeholders_in(const std::string& context) {
    std::int64_t count = 0;
    for (auto at = context.find(data::k_image_mark); at != std::string::npos;
         at = context.find(data::k_image_mark, at + 1))
        ++count;
    return count;
}

/// Whether the paper's evaluation encodes a picture for it.
bool leaves_features(const std::string& context, const std::vector<tasks::PictureRef>& pictures) {
    if (pictures.empty()) return false;
    const auto places = std::max<std::int64_t>(placeholders_in(context), 1);  // one in front, if it has none
    return !vlm::choose_pictures(vlm::PictureRule::reference, places, std::ssize(pictures)).empty_answer;
}

/// All rows of the run that chose the published pictures, also unlabelled ones. A file that is named is taken
/// as it is.
data::Rows listed_rows(const EvalConfig& config, const tasks::Benchmark& benchmark) {
    auto columns = benchmark.columns;
    for (auto& column : columns) {
        if (column.name == "answer") column.optional = true;
    }
    const auto shards = benchmark.listed_shards.empty() ? benchmark.shards : benchmark.listed_shards;
    return data::Rows({.folder = data_of(config, benchmark),
                       .shards = std::string(shards),
                       .columns = columns,
                       .image_root = config.image_root});
}

std::shared_ptr<const data::Tokenizer> tokenizer_of(const EvalConfig& config) {
    std::error_code ignored;
    const bool is_folder = std::filesystem::is_directory(config.llm, ignored);  // the tokenizer alone will do
    return data::open_tokenizer(is_folder ? std::filesystem::path(config.llm)
                                          : weights::open_snapshot(config.llm, config.models).folder);
}

}  // namespace

int list_ids(const run::Job& job, const EvalConfig& config) {
    const auto& benchmark = tasks::find_benchmark(config.task[0]);
    const auto rows = listed_rows(config, benchmark);
    const auto tokenizer = config.longest > 0 ? tokenizer_of(config) : nullptr;
    std::vector<Request> requests;
    for (std::int64_t row = 0; row < rows.size(); ++row) {
        const auto& document = rows.document(row);
        auto context = benchmark.context(document);
        auto pictures = benchmark.pictures(document);
        std::erase_if(pictures, [&](const auto& one) {
            return one.may_be_missing && rows.pictures(row, one.column) == 0;
        });
        if (!leaves_features(context, pictures)) continue;
        const auto tokens = tokenizer ? std::ssize(tokenizer->encode(context, false)) : 0;
        requests.push_back({tokens, std::move(context),
                            rows.image_id(row, pictures.front().column, pictures.front().position)});
    }
    if (config.longest > 0) {
        std::ranges::stable_sort(requests, {}, [](const Request& one) {
            return std::tuple<std::int64_t, const std::string&>(-one.tokens, one.context);
        });
        if (std::ssize(requests) < config.longest)
            core::warn("{} has only {} questions with a picture", benchmark.name, requests.size());
        requests.resize(std::min(requests.size(), static_cast<std::size_t>(config.longest)));
    }
    std::string text;
    for (const auto& request : requests) text += request.id + "\n";
    job.print(text);
    return run::k_exit_ok;
}

}  // namespace lvr::eval
