// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/job.hpp>
#include <lvr/train/train.hpp>

namespace {

using namespace lvr;

const std::string k_examples =
    "Examples:\n"
    "  lvr-train --config mine.toml --dry-run            memory, time and updates; see "
    "configs/train/paper.toml\n"
    "  mpirun -np 64 lvr-train --config mine.toml        the same command again goes on where it stopped\n"
    "  lvr-train align --representation clip336 --llm vicuna-7b-v1.5 --align-data captions.json \\\n"
    "    --align-images images/ --out models                              stage 1 of one model\n";

const run::JobInfo k_both = {
    "lvr-train",
    "Trains one multimodal language model for each vision representation, by the LLaVA-1.5 recipe: stage 1 "
    "(align: the projector), then stage 2 (finetune: projector and language model).",
    "Commands:\n"
    "  lvr-train align --help         stage 1 only\n"
    "  lvr-train finetune --help      stage 2 only\n" +
        k_examples +
        "\nExit status 7: done, but some samples could not be learned from (see bad_samples.tsv)."};

const run::JobInfo k_align = {"lvr-train align", "Stage 1: the projector, with everything else frozen.",
                              k_examples};

const run::JobInfo k_finetune = {
    "lvr-train finetune", "Stage 2: projector and language model, from stage 1's projector.", k_examples};

}  // namespace

int main(int argc, char** argv) {
    return run::run_commands(argc, argv,
                             {run::command<train::AlignConfig>(k_align, train::train),
                              run::command<train::FinetuneConfig>(k_finetune, train::train),
                              run::command<train::TrainConfig>(k_both, train::train)});
}
