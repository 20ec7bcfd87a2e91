// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/benchmark.hpp>

#include <fmt/format.h>

#include <lvr/core/config.hpp>
#include <lvr/core/error.hpp>
#include <lvr/core/name_list.hpp>
#include <lvr/tasks/mmbench.hpp>
#include <lvr/tasks/mme.hpp>
#include <lvr/tasks/mmmu.hpp>
#include <lvr/tasks/science_qa.hpp>
#include <lvr/tasks/seed_bench.hpp>
#include <lvr/tasks/vqa.hpp>

namespace lvr::tasks {
namespace {

using Kind = data::ColumnSpec::Kind;
using Columns = std::vector<data::ColumnSpec>;

constexpr std::int64_t k_default_tokens = 1024;  ///< where the reference's task sets no limit

std::vector<PictureRef> one_picture(const Document&) { return {{"image", 0}}; }

std::vector<PictureRef> one_picture_or_none(const Document&) { return {{"image", 0, true}}; }

bool always(const Document&) { return true; }

Benchmark mmbench() {
    return {.name = "mmbench_en_dev",
            .score_name = "mmbench_en",
            .folder = "MMBench",
            .shards = "en/dev-*.parquet",
            .listed_shards = "en/*-*.parquet",  // dev and test
            .columns = Columns{{"index", Kind::integer},
                               {"question", Kind::text},
                               {"hint", Kind::text, true},
                               {"answer", Kind::text},
                               {"A", Kind::text, true},
                               {"B", Kind::text, true},
                               {"C", Kind::text, true},
                               {"D", Kind::text, true},
                               {"category", Kind::text},
                               {"image", Kind::picture},
                               {"source", Kind::text, true},
                               {"L2-category", Kind::text},
                               {"split", Kind::text, true}},
            .most_tokens = 1024,
            .metric = "gpt_eval_score",
            .unit = "percent",
            .scale = 100,
            .rows = 4329,
            .items = 1164,
            .context = mmbench_context,
            .pictures = one_picture,
            .target = mmbench_target,
            .group = mmbench_group,
            .counts = always,
            .score = mmbench_score};
}

Benchmark mme() {
    return {.name = "mme",
            .score_name = "mme",
            .folder = "MME",
            .shards = "data/test-*.parquet",
            .columns = Columns{{"question_id", Kind::text},
                               {"image", Kind::picture},
                               {"question", Kind::text},
                               {"answer", Kind::text},
                               {"category", Kind::text}},
            .most_tokens = 16,
            .metric = "mme_percetion_score",
            .unit = "points",
            .scale = 2000,
            .rows = 2374,
            .items = 2114,
            .context = mme_context,
            .pictures = one_picture,
            .target = mme_target,
            .group = mme_group,
            .counts = mme_counts,
            .score = mme_score};
}

Benchmark mmmu() {
    Columns columns = {{"id", Kind::text}, {"question", Kind::text}, {"options", Kind::text}};
    for (const char number : std::string_view("1234567"))
        columns.push_back({std::string("image_") + number, Kind::picture, true});
    columns.push_back({"answer", Kind::text});
    columns.push_back({"question_type", Kind::text});
    return {.name = "mmmu_val",
            .score_name = "mmmu_val",
            .folder = "MMMU",
            .shards = "data/validation-*.parquet",
            .columns = columns,
            .most_tokens = 16,
            .metric = "mmmu_acc",
            .factor = 100,
            .unit = "percent",
            .scale = 100,
            .rows = 900,
            .items = 900,
            .context = mmmu_context,
            .pictures = mmmu_pictures,
            .target = mmmu_target,
            .counts = always,
            .score = mmmu_score};
}

Benchmark ok_vqa() {
    return {.name = "ok_vqa_val2014",
            .score_name = "ok_vqa",
            .folder = "OK-VQA",
            .shards = "data/val2014-*.parquet",
            .columns = Columns{{"question_id", Kind::text},
                               {"image", Kind::picture},
                               {"question", Kind::text},
                               {"answers", Kind::texts, true}},
            .most_tokens = k_default_tokens,
            .metric = "exact_match",
            .factor = 100,
            .unit = "percent",
            .scale = 100,
            .rows = 5046,
            .items = 5046,
            .context = ok_vqa_context,
            .pictures = one_picture,
            .target = vqa_target,
            .counts = always,
            .score = ok_vqa_score};
}

Benchmark textvqa() {
    return {.name = "textvqa_val",
            .score_name = "textvqa_val",
            .folder = "textvqa",
            .shards = "data/validation-*.parquet",
            .columns = Columns{{"question_id", Kind::integer},
                               {"question", Kind::text},
                               {"image", Kind::picture},
                               {"answers", Kind::texts, true}},
            .most_tokens = k_default_tokens,
            .metric = "exact_match",
            .factor = 100,
            .unit = "percent",
            .scale = 100,
            .rows = 5000,
            .items = 5000,
            .context = textvqa_context,
            .pictures = one_picture,
            .target = vqa_target,
            .counts = always,
            .score = textvqa_score};
}

Benchmark vizwiz() {
    return {.name = "vizwiz_vqa_val",
            .score_name = "vizwiz_vqa_val",
            .folder = "VizWiz-VQA",
            .shards = "data/val-*.parquet",
            .columns = Columns{{"question_id", Kind::text},
                               {"image", Kind::picture},
                               {"question", Kind::text},
                               {"answers", Kind::texts, true}},
            .most_tokens = k_default_tokens,
            .metric = "exact_match",
            .factor = 100,
            .unit = "percent",
            .scale = 100,
            .rows = 4319,
            .items = 4319,
            .context = vizwiz_context,
            .pictures = one_picture,
            .target = vqa_target,
            .counts = always,
            .score = vizwiz_score};
}

Benchmark science_qa() {
    return {.name = "scienceqa_img",
            .score_name = "scienceqa_img",
            .folder = "ScienceQA",
            .shards = "ScienceQA-IMG/test-*.parquet",
            .columns = Columns{{"image", Kind::picture, true},
                               {"question", Kind::text},
                               {"choices", Kind::texts},
                               {"answer", Kind::integer},
                               {"hint", Kind::text, true}},
            .most_tokens = 16,
            .metric = "exact_match",
            .factor = 100,
            .unit = "percent",
            .scale = 100,
            .rows = 2017,
            .items = 2017,
            .context = science_qa_context,
            .pictures = one_picture_or_none,
            .target = science_qa_target,
            .counts = always,
            .score = science_qa_score};
}

Benchmark seed_bench() {
    return {.name = "seedbench",
            .score_name = "seed_image",
            .folder = "SEED-Bench",
            .shards = "data/test-*.parquet",
            .columns = Columns{{"answer", Kind::text},
                               {"choice_a", Kind::text},
                               {"choice_b", Kind::text},
                               {"choice_c", Kind::text},
                               {"choice_d", Kind::text},
                               {"data_type", Kind::text},
                               {"question", Kind::text},
                               {"question_id", Kind::text},
                               {"image", Kind::pictures}},
            .most_tokens = k_default_tokens,
            .metric = "seed_image",
            .factor = 100,
            .unit = "percent",
            .scale = 100,
            .rows = 17990,
            .items = 14233,
            .context = seed_context,
            .pictures = one_picture,
            .target = seed_target,
            .counts = seed_counts,
            .score = seed_score};
}

}  // namespace

std::span<const Benchmark> benchmarks() {
    static const std::vector<Benchmark> all = {mmbench(), mme(),    mmmu(),       ok_vqa(),
                                               textvqa(), vizwiz(), science_qa(), seed_bench()};
    return all;
}

const Benchmark& find_benchmark(std::string_view name) {
    std::vector<std::string> known;
    for (const auto& benchmark : benchmarks()) {
        if (benchmark.name == name || benchmark.score_name == name) return benchmark;
        known.emplace_back(benchmark.name);
    }
    const std::string near = core::nearest(std::string(name), known);
    throw core::usage_error(fmt::format("there is no benchmark called \"{}\"", name), "",
                            near.empty() ? "the benchmarks are " + core::name_list(known, known.size())
                                         : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace lvr::tasks
