// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/list_ids.hpp>

#include <fmt/format.h>

#include <algorithm>
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
    std::int64_t row = 0;
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

}  // namespace

int list_ids(const run::Job& job, const EvalConfig& config) {
    EvalConfig whole = config;
    whole.all_questions = true;  // the reference runs them all
    const auto task = open_task(whole, tasks::find_benchmark(config.task[0]));
    std::shared_ptr<const data::Tokenizer> tokenizer;
    if (config.longest > 0)
        tokenizer = data::open_tokenizer(weights::open_snapshot(config.llm, config.models).folder);
    std::vector<Request> requests;
    for (const auto row : task.asked) {
        const auto& document = task.rows.document(row);
        auto context = task.benchmark.context(document);
        if (!leaves_features(context, task.benchmark.pictures(document))) continue;
        const auto tokens = tokenizer ? std::ssize(tokenizer->encode(context, false)) : 0;
        requests.push_back({tokens, std::move(context), row});
    }
    if (config.longest > 0) {
        std::ranges::stable_sort(requests, {}, [](const Request& one) {
            return std::tuple<std::int64_t, const std::string&>(-one.tokens, one.context);
        });
        if (std::ssize(requests) < config.longest)
            core::warn("{} has only {} questions with a picture", task.benchmark.name, requests.size());
        requests.resize(std::min(requests.size(), static_cast<std::size_t>(config.longest)));
    }
    std::string text;
    for (const auto& request : requests) text += task.rows.name(request.row) + "\n";
    job.print(text);
    return run::k_exit_ok;
}

}  // namespace lvr::eval
