// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/train_config.hpp>

#include <fmt/format.h>

#include <lvr/core/error.hpp>
#include <lvr/encoders/encoder_card.hpp>
#include <lvr/vlm/conversation.hpp>

namespace lvr::train {
namespace {

void demand(bool condition, const std::string& problem, const std::string& remedy) {
    if (!condition) throw core::usage_error(problem, "", remedy);
}

/// A stage's fields, by its name: "align_batch".
void add_stage(core::Fields& fields, const std::string& stage, StageConfig& config) {
    const auto add = [&](const char* name, auto* value, const std::string& doc,
                         std::vector<std::string> choices = {}) {
        fields.push_back({stage + "_" + name, value, stage + ": " + doc, std::move(choices)});
    };
    add("data", &config.data, "the samples: a list of LLaVA's form, .json or .jsonl");
    add("images", &config.images, "folder that the samples' image paths start from");
    add("features", &config.features,
        "instead of computing them: FEATURES/<representation>, written by lvr-extract from these images");
    add("form", &config.form, "how a talk is written: plain (a caption), v1 (Vicuna), chatml (Qwen)");
    add("batch", &config.batch, "samples of an update, over all ranks");
    add("loss_batch", &config.loss_batch,
        "samples whose labels' losses are averaged together, and which are of like length: the batch that "
        "one GPU had");
    add("micro_batch", &config.micro_batch,
        "samples that a rank computes at a time, a divisor of loss_batch; 0: the largest that the ranks can "
        "share. Does not change the result");
    add("learning_rate", &config.learning_rate, "the highest, behind the warm-up");
    add("warmup", &config.warmup, "share of the updates");
    add("epochs", &config.epochs, "how often each sample is seen");
    add("updates", &config.updates, "fewer updates than the epochs have; 0: all");
    add("order", &config.order,
        "uniform: shuffled; modality: like lengths together, with and without images apart; length",
        {"uniform", "modality", "length"});
}

void validate_stage(const StageConfig& stage, const std::string& name) {
    const auto option = [&](const char* field) { return fmt::format("--{}-{}", name, field); };
    demand(!stage.data.empty(), "no samples given for " + name,
           fmt::format("use {} LIST.json", option("data")));
    demand(stage.images.empty() || stage.features.empty(),
           fmt::format("{} and {} both say where images come from", option("images"), option("features")),
           "give one of them");
    vlm::find_template(stage.form);
    demand(stage.batch > 0 && stage.batch <= 1'000'000,
           fmt::format("{} must be 1 to 1000000", option("batch")), "e.g. 128");
    demand(stage.loss_batch > 0 && stage.batch % stage.loss_batch == 0,
           fmt::format("{} must divide {} {}", option("loss-batch"), option("batch"), stage.batch),
           "e.g. " + option("loss-batch") + " " + std::to_string(stage.batch));
    demand(stage.micro_batch >= 0 && (stage.micro_batch == 0 || stage.loss_batch % stage.micro_batch == 0),
           fmt::format("{} must divide {} {}", option("micro-batch"), option("loss-batch"), stage.loss_batch),
           "e.g. " + option("micro-batch") + " 1");
    demand(stage.learning_rate > 0, option("learning-rate") + " must be above 0", "e.g. 2e-5");
    demand(stage.warmup >= 0 && stage.warmup <= 1, option("warmup") + " is a share, 0 to 1", "e.g. 0.03");
    demand(stage.epochs > 0 && stage.epochs <= 1000, option("epochs") + " must be 1 to 1000", "e.g. 1");
    demand(stage.updates >= 0, option("updates") + " must not be negative", "use 0 for all");
}

}  // namespace

core::Fields TrainConfig::model_fields() {
    return {
        {"representation", &representation,
         "vision representations, of which each gets a model, by the names that lvr-extract --list prints"},
        {"encoder", &encoder, "encoder cards of your own, as TOML files"},
        {"snapshot", &snapshot,
         "Hugging Face folders of encoders (or hub ids); their own files say the rest"},
        {"models", &models,
         "where hub ids are looked up first: MODELS/org/name; then Hugging Face's cache; nothing is "
         "downloaded"},
        {"protocol", &protocol, "as the encoder's own files say, or as the paper's code did it for its MLLMs",
         encoders::k_protocols},
        {"llm", &llm, "the language model: a Hugging Face folder of LLaMA or Qwen2, or a hub id"},
        {"out", &out, "folder for the models: OUT/<representation>/align and finetune"},
        {"ranks_per_model", &ranks_per_model,
         "ranks that train one model together, if there are so many; 0: all"},
        {"preset",
         &preset,
         "what the options below are where they are not given: as the paper's code did it, or as it should",
         {"published", "corrected"}},
        {"masks",
         &masks,
         "what of a talk is learned: by the published count, or exactly the answers; empty: by the preset",
         {"", "published", "corrected"}},
        {"rope",
         &rope,
         "type that the rotations' frequencies are rounded to; empty: by the preset (published: as dtype)",
         {"", "float32", "bfloat16"}},
        {"average",
         &average,
         "of the loss: over each loss batch, then over them (published), or over all labels of an update; "
         "empty: by the preset",
         {"", "loss_batch", "tokens"}},
        {"clip_norm", &clip_norm,
         "longest gradient, longer ones are scaled down; 0: none is; -1: by the preset (0, corrected 1)"},
        {"longest", &longest, "tokens of a sample, an image counting as one; the rest is cut off"},
        {"longest_spliced", &longest_spliced,
         "positions of a sample with all of its image's; 0: no limit; -1: by the preset (0, corrected 2048)"},
    };
}

core::Fields TrainConfig::fields() {
    core::Fields fields = model_fields();
    add_stage(fields, "align", align);
    add_stage(fields, "finetune", finetune);
    const core::Fields rest = {
        {"projector", &projector, "from features to the language model: linear, mlp2x_gelu, mlp3x_gelu, ..."},
        {"projector_from", &projector_from,
         "finetune: a projector to start from; empty: what align has left in OUT/<representation>"},
        {"seed", &seed, "of the projector's first weights and of the order of samples"},
        {"dtype", &dtype, "type to compute in; master weights are float32", {"bfloat16", "float32"}},
        {"zero", &zero,
         "what ranks share: 0 nothing, 1 the optimizer's state, 2 gradients too; does not change the result"},
        {"keep_activations", &keep_activations,
         "keep all that backward needs, which takes more memory and a quarter less time; else each block is "
         "computed again"},
        {"pack", &pack, "positions of a row that short samples share; 0: each sample has its own row"},
        {"bad_samples",
         &bad_samples,
         "samples that cannot be learned from: skip them (exit status 7) or stop",
         {"skip", "stop"}},
        {"spike", &spike,
         "stop when losses stay so many deviations above the usual (see loss_watch.hpp); 0: never"},
        {"save_updates", &save_updates, "a checkpoint after so many updates; 0: by time only"},
        {"save_minutes", &save_minutes, "a checkpoint after so many minutes; 0: by updates only"},
        {"keep", &keep,
         "so many of the newest checkpoints are kept while a stage runs; 0: all, also at its end"},
        {"device", &device, "auto (a GPU if there is one), cpu, cuda or cuda:0"},
        {"threads", &threads, "threads of each rank; 0: its share of the node's cores"},
        {"peak_tflops", &peak_tflops,
         "of the device, that MFU is a share of; 0: what is known of the GPU, or measured by a product"},
        {"dry_run", &dry_run, "say what memory and time it would take, after a trial, and stop"},
    };
    fields.insert(fields.end(), rest.begin(), rest.end());
    return fields;
}

void TrainConfig::validate() const {
    demand(!representation.empty() || !encoder.empty() || !snapshot.empty(), "no representation given",
           "use --representation clip336 (see lvr-extract --list), --encoder FILE.toml or --snapshot FOLDER");
    demand(!llm.empty(), "no language model given", "use --llm FOLDER");
    demand(dry_run || !out.empty(), "no output folder given", "use --out FOLDER");
    demand(ranks_per_model >= 0, "--ranks-per-model must not be negative", "use 0 for all ranks");
    demand(longest > 1, "--longest must be above 1", "e.g. --longest 2048");
    demand(longest_spliced >= -1, "--longest-spliced must be 0 or more", "use 0 for no limit");
    demand(clip_norm >= 0 || clip_norm == -1, "--clip-norm must be 0 or more", "use 0 for no clipping");
    demand(pack >= 0, "--pack must not be negative", "use 0 for a row of its own for each sample");
    demand(zero >= 0 && zero <= 2, "--zero must be 0, 1 or 2", "e.g. --zero 2");
    demand(save_updates >= 0, "--save-updates must not be negative", "use 0 for none by updates");
    demand(save_minutes >= 0, "--save-minutes must not be negative", "use 0 for none by time");
    demand(keep >= 0, "--keep must not be negative", "use 0 to keep all");
    demand(threads >= 0 && threads <= 4096, "--threads must be 0 to 4096", "e.g. --threads 8");
    demand(spike >= 0, "--spike must not be negative", "use 0 for no look-out");
    demand(peak_tflops >= 0, "--peak-tflops must not be negative", "use 0 to have it measured");
    demand(projector_from.empty() || !with_align,
           "--projector-from is for stage 2 alone: with stage 1 its own projector is taken",
           "use lvr-train finetune with it");
    if (with_align) validate_stage(align, "align");
    if (with_finetune) validate_stage(finetune, "finetune");
}

bool TrainConfig::has_published_masks() const {
    return masks.empty() ? preset == "published" : masks == "published";
}

bool TrainConfig::has_bfloat16_rope() const {
    return rope.empty() ? preset == "published" && dtype == "bfloat16" : rope == "bfloat16";
}

bool TrainConfig::averages_tokens() const {
    return average.empty() ? preset == "corrected" : average == "tokens";
}

double TrainConfig::most_norm() const {
    if (clip_norm >= 0) return clip_norm;
    return preset == "corrected" ? 1 : 0;
}

std::int64_t TrainConfig::most_positions() const {
    if (longest_spliced >= 0) return longest_spliced;
    return preset == "corrected" ? 2048 : 0;
}

}  // namespace lvr::train
