// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/eval_config.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/tasks/benchmark.hpp>
#include <lvr/vlm/conversation.hpp>

namespace lvr::eval {
namespace {

void demand(bool condition, const std::string& problem, const std::string& remedy) {
    if (!condition) throw core::usage_error(problem, "", remedy);
}

}  // namespace

core::Fields EvalConfig::other_fields() {
    return {
        {"captions", &captions, "caption_loglik: list of LLaVA's form that the pairs are drawn from"},
        {"pairs", &pairs, "caption_loglik: how many; 0: all"},
        {"seed", &seed, "caption_loglik: of the choice of pairs"},
        {"device", &device, "auto (a GPU if there is one), cpu, cuda or cuda:0"},
        {"threads", &threads, "threads of each rank; 0: its share of the node's cores"},
        {"batch", &batch, "answers that a rank has in progress at once; does not change them"},
        {"shard_size", &shard_size, "questions of a part; 0: at least 64 parts to share out"},
        {.name = "rescore",
         .value = &rescore,
         .doc = "scores what was answered before, without a model: folders below an evaluation's OUT, or "
                "samples.jsonl files (of other harnesses: with --task)",
         .many = true},
        {.name = "compare",
         .value = &compare,
         .doc = "two models' folders (OUT/<model>) or logs: their scores' differences, question by question",
         .many = true},
        {"list", &list, "the benchmarks that lvr knows, and where their data is looked for"},
        {"list_ids", &list_ids,
         "the ids of a benchmark's pictures (--task, --data), as lvr-score align --ids takes them"},
        {"longest", &longest,
         "list_ids: only those of so many questions with the longest prompts, counted in --llm's tokens: "
         "which the published A score was measured on (100); 0: all"},
        {"metric_cases", &metric_cases, "file of computed cases of the metrics: compares and stops"},
        {"format",
         &format,
         "of what is printed: text, or (metric_cases, compare, scores) a JSON object a line",
         {"text", "jsonl"}},
    };
}

core::Fields EvalConfig::fields() {
    core::Fields fields = {
        {.name = "trained",
         .value = &trained,
         .doc = "what lvr-train wrote: its OUT, of which all models are taken, or OUT/<representation>",
         .many = true},
        {"representation", &representation, "only the models of these representations; empty: all"},
        {"models", &models,
         "where hub ids are looked up first: MODELS/org/name; then Hugging Face's cache; nothing is "
         "downloaded"},
        {"llm", &llm,
         "language model of stage 1's models (caption_loglik), or whose tokens are counted (list_ids): a "
         "folder or hub id; empty: the one that training names"},
        {.name = "task",
         .value = &task,
         .doc = "benchmarks by the names that --list prints; paper: its eight; caption_loglik",
         .many = true},
        {"data", &data, "folder with the benchmarks' data as lmms-lab's: DATA/MMBench, DATA/MME, ..."},
        {"task_data", &task_data,
         "a benchmark's data elsewhere, e.g. mme=/data/mme.jsonl: a folder of parquet, or a .jsonl list"},
        {"image_root", &image_root,
         "folder that the image paths of .jsonl lists and captions start from; empty: the list's own"},
        {"out", &out, "folder for the answers: OUT/<model>/<task>"},
        {"results", &results, "results.h5 that scores are added to"},
        {"ranks_per_model", &ranks_per_model,
         "ranks that work on one model together, if there are so many; 0: all"},
        {"preset",
         &preset,
         "what the two options below are where they are not given: as the paper's evaluation did it, or as "
         "it should",
         {"published", "correct"}},
        {"pictures",
         &pictures,
         "questions with several pictures: reference (no answer, as the paper's code fails there), all, "
         "first; empty: by the preset",
         {"", "reference", "all", "first"}},
        {"stop_strings",
         &stop_strings,
         "whether an answer ends before \"ASSISTANT:\"; empty: by the preset (published: never)",
         {"", "ignore", "apply"}},
        {"form", &form, "how a question is written: v1, chatml; empty: as the model was trained"},
        {"dtype", &dtype, "type to compute in", {"bfloat16", "float16", "float32"}},
        {"most_tokens", &most_tokens, "tokens of an answer, at most; 0: as each benchmark has it"},
        {"all_questions", &all_questions,
         "ask also those that do not count for the paper's score (SEED-Bench's videos, MME's cognition)"},
        {"limit", &limit,
         "only the first so many questions, and those scored together with them, to try it; 0: all"},
        {"bad_rows",
         &bad_rows,
         "where pictures cannot be read: refuse to give a score, or take the answer to be empty, as the "
         "paper's evaluation does",
         {"refuse", "empty"}},
        {"judge",
         &judge,
         "MMBench answers without a letter: wrong (strict), a seeded random letter (reference), or by "
         "later rules",
         {"strict", "reference", "rules"}},
    };
    const auto rest = other_fields();
    fields.insert(fields.end(), rest.begin(), rest.end());
    return fields;
}

void EvalConfig::validate_run() const {
    demand(!trained.empty(), "no trained models given", "use --trained FOLDER, the --out of lvr-train");
    demand(!task.empty(), "no task given", "use --task paper, or names that --list prints");
    demand(!out.empty(), "no output folder given", "use --out FOLDER");
    demand(limit == 0 || results.empty(), "--limit is for a try, --results for scores of whole benchmarks",
           "leave one of them out");
    const bool wants_captions = std::ranges::find(task, k_caption_loglik) != task.end();
    demand(!wants_captions || !captions.empty(), "no captions given for caption_loglik",
           "use --captions LIST.json, such as lvr-train's --align-data");
    if (!form.empty()) vlm::find_template(form);
    demand(form != "plain", "--form plain asks nothing", "use v1 or chatml");
}

void EvalConfig::validate() const {
    const int modes = (rescore.empty() ? 0 : 1) + (compare.empty() ? 0 : 1) + (list ? 1 : 0) +
                      (list_ids ? 1 : 0) + (metric_cases.empty() ? 0 : 1);
    demand(modes <= 1,
           "--rescore, --compare, --list, --list-ids and --metric-cases are each a job of its own",
           "give one of them");
    for (const auto& name : task) {
        if (name != "paper" && name != k_caption_loglik) tasks::find_benchmark(name);
    }
    for (const auto& [name, where] : task_data) tasks::find_benchmark(name);
    demand(ranks_per_model >= 0, "--ranks-per-model must not be negative", "use 0 for all ranks");
    demand(most_tokens >= 0, "--most-tokens must not be negative", "use 0 for the benchmarks' own");
    demand(limit >= 0, "--limit must not be negative", "use 0 for all");
    demand(pairs >= 0, "--pairs must not be negative", "use 0 for all");
    demand(longest >= 0, "--longest must not be negative", "e.g. --longest 100");
    demand(longest == 0 || list_ids, "--longest is for --list-ids", "add it, or leave --longest out");
    demand(batch >= 1 && batch <= 4096, "--batch must be 1 to 4096", "e.g. --batch 16");
    demand(threads >= 0 && threads <= 4096, "--threads must be 0 to 4096", "e.g. --threads 8");
    demand(shard_size >= 0, "--shard-size must not be negative", "use 0 for the usual");
    demand(compare.empty() || compare.size() == 2, "--compare takes two models",
           "e.g. --compare eval/a eval/b");
    if (list_ids) {
        demand(task.size() == 1 && task[0] != "paper" && task[0] != k_caption_loglik,
               "--list-ids is of one benchmark", "use --task mme or another that --list prints");
        demand(longest == 0 || !llm.empty(), "prompts are counted in a language model's tokens",
               "use --llm FOLDER");
    }
    if (modes == 0) validate_run();
}

std::string EvalConfig::picture_rule() const {
    if (!pictures.empty()) return pictures;
    return preset == "published" ? "reference" : "all";
}

bool EvalConfig::applies_stop_strings() const {
    return stop_strings.empty() ? preset == "correct" : stop_strings == "apply";
}

tasks::ScoreOptions EvalConfig::score_options() const {
    const auto named = judge == "strict"      ? tasks::Judge::strict
                       : judge == "reference" ? tasks::Judge::reference
                                              : tasks::Judge::rules;
    return {.judge = named};
}

}  // namespace lvr::eval
