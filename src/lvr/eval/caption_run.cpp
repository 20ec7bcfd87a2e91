// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <lvr/core/error.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/data/image_root.hpp>
#include <lvr/eval/caption_pairs.hpp>
#include <lvr/eval/model_run.hpp>
#include <lvr/eval/on_single_cores.hpp>
#include <lvr/files/caption_loglik.hpp>
#include <lvr/files/provenance.hpp>
#include <lvr/par/together.hpp>
#include <lvr/run/signals.hpp>
#include <lvr/vlm/generate.hpp>

namespace lvr::eval {
namespace {

namespace fs = std::filesystem;

/// The log-likelihoods of some pairs.
class CaptionShard {
  public:
    CaptionShard(const CaptionPairs& pairs, const data::ImageRoot& root, const LoadedModel& model,
                 int threads)
        : pairs_(pairs), root_(root), model_(model), threads_(threads) {}

    /// Some at a time: a shard's pictures may be too many for the memory.
    files::CaptionLoglik measure(par::Range items, std::int64_t at_once) const {
        files::CaptionLoglik all;
        const auto append = [](auto& to, const auto& more) { to.insert(to.end(), more.begin(), more.end()); };
        for (auto begin = items.begin; begin < items.end; begin += at_once) {
            run::stop_if_requested();
            const auto some = measure({begin, std::min(items.end, begin + at_once)});
            append(all.image_ids, some.image_ids);
            append(all.log_likelihood, some.log_likelihood);
            append(all.tokens, some.tokens);
        }
        return all;
    }

  private:
    files::CaptionLoglik measure(par::Range items) const {
        const auto count = items.size();
        std::vector<encoders::PreparedImage> pictures(static_cast<std::size_t>(count));
        std::vector<CaptionTokens> tokens(pictures.size());
        std::vector<std::string> images(pictures.size());
        on_single_cores(count, threads_, [&](std::int64_t i) {
            const auto at = static_cast<std::size_t>(i);
            const auto pair = pairs_.list->read(pairs_.chosen[static_cast<std::size_t>(items.begin + i)]);
            images[at] = pair.image;
            tokens[at] = tokens_of(pair, *model_.tokenizer);
            pictures[at] = model_.encoder->prepare(root_.bytes(pair.image, pair.image), pair.image);
        });
        const auto features = model_.encoder->features(pictures, model_.dtype);
        std::vector<vlm::Question> questions;
        std::vector<std::vector<std::int64_t>> captions;
        for (std::size_t i = 0; i < features.size(); ++i) {
            questions.push_back({.prompt = tokens[i].prompt, .features = {features[i]}});
            captions.push_back(tokens[i].caption);
        }
        files::CaptionLoglik found{.image_ids = std::move(images)};
        for (const auto& one : vlm::log_likelihoods(model_.mllm, questions, captions)) {
            found.log_likelihood.push_back(std::min(one.sum, 0.0));
            found.tokens.push_back(one.tokens);
        }
        return found;
    }

    const CaptionPairs& pairs_;
    const data::ImageRoot& root_;
    const LoadedModel& model_;
    int threads_;
};

fs::path image_root_of(const EvalConfig& config) {
    if (!config.image_root.empty()) return config.image_root;
    const auto folder = fs::path(config.captions).parent_path();
    return folder.empty() ? "." : folder;
}

/// Of the chosen pictures' names and sizes: what does not change a size is not noticed.
std::string hash_of_pictures(const par::Comm& group, const CaptionPairs& pairs, const fs::path& root) {
    std::string hash;
    par::together(group, [&] {
        if (group.rank() != 0) return;
        std::string text;
        for (const auto sample : pairs.chosen) {
            const auto image = pairs.list->read(sample).image;
            std::error_code code;
            const auto size = fs::file_size(root / image, code);
            text += fmt::format("{}\t{}\n", image, code ? std::uintmax_t{0} : size);
        }
        hash = core::sha256(text);
    });
    group.broadcast(hash);
    return hash;
}

}  // namespace

TaskReport ModelRun::run_captions() {
    constexpr auto stage = Trained::align;
    const auto& files = files_of(stage);
    const auto pairs =
        choose_pairs(group_, config_.captions, config_.pairs, static_cast<std::uint64_t>(config_.seed));
    const auto root = par::together(
        group_, [&] { return std::make_unique<const data::ImageRoot>(image_root_of(config_).string()); });
    const core::Json identity = {{"task", k_caption_loglik},
                                 {"captions_sha256", pairs.sha256},
                                 {"pictures_sha256", hash_of_pictures(group_, pairs, image_root_of(config_))},
                                 {"pairs", config_.pairs},
                                 {"seed", config_.seed},
                                 {"form", "plain"},
                                 {"model", files.identity},
                                 {"dtype", config_.dtype}};
    const run::ShardFolder folder(group_, {.folder = folder_of(k_caption_loglik, stage),
                                           .identity = identity,
                                           .items = std::ssize(pairs.chosen),
                                           .bytes_per_item = 64,
                                           .shard_size = config_.shard_size});
    auto provenance = files::make_provenance(identity, {{"captions", pairs.sha256}}, config_.seed);
    provenance["representation"] = trained_.representation;
    provenance["training_seed"] = trained_.seed(stage);
    if (!folder.missing().empty()) {
        const auto& model = loaded(stage);
        fill(folder, "captions", [&](par::Range items) -> WritePart {
            auto found = CaptionShard(pairs, *root, model, resources_.threads).measure(items, config_.batch);
            found.provenance = provenance;
            return [found = std::move(found)](const fs::path& part) {
                files::write_caption_loglik_part(part, found);
            };
        });
    }
    TaskReport report;
    par::together(group_, [&] {
        if (group_.rank() != 0) return;
        const auto all = files::read_caption_loglik(folder.folder());
        double sum = 0;
        for (std::size_t i = 0; i < all.tokens.size(); ++i)
            sum += all.log_likelihood[i] / static_cast<double>(all.tokens[i]);
        report = {.model = trained_.name(stage),
                  .task = k_caption_loglik,
                  .metric = "loglik",
                  .unit = "nats per token",
                  .value = sum / static_cast<double>(all.tokens.size()),
                  .standard_error = files::k_not_measured,
                  .questions = std::ssize(all.tokens)};
    });
    return report;
}

}  // namespace lvr::eval
