// SPDX-License-Identifier: Apache-2.0
#include <lvr/eval/eval.hpp>
#include <lvr/run/job.hpp>

namespace {

using namespace lvr;

const run::JobInfo k_info = {
    "lvr-eval",
    "Lets trained multimodal language models answer the law's eight benchmarks, and scores them exactly as "
    "the paper did; resumable on any number of ranks.",
    "Examples:\n"
    "  lvr-eval --list                                                 the benchmarks that lvr knows\n"
    "  lvr-eval --trained models --task paper --data lmms-lab --out eval --results results.h5\n"
    "  mpirun -np 8 lvr-eval --config configs/eval/paper.toml          the same command again goes on where "
    "it stopped\n"
    "  lvr-eval --trained models --task caption_loglik --captions captions.json --image-root images --out "
    "eval\n"
    "  lvr-eval --rescore eval --judge reference                       scores anew, without a model\n"
    "  lvr-eval --compare eval/clip336 eval/dinov2                     which is better, and how surely\n"
    "  lvr-eval --list-ids --longest 100 --task mme --data lmms-lab --llm vicuna-7b-v1.5\n"
    "  lvr-eval --metric-cases cases.json                              our metrics beside the reference's\n\n"
    "Exit status 7: done, but some pictures could not be read and those scores are kept back "
    "(bad_rows.tsv)."};

}  // namespace

int main(int argc, char** argv) { return run::run_job<eval::EvalConfig>(argc, argv, k_info, eval::eval); }
