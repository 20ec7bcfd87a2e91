// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/job.hpp>
#include <lvr/score/align.hpp>
#include <lvr/score/correspond.hpp>
#include <lvr/score/import.hpp>

namespace {

using namespace lvr;

const run::JobInfo k_align = {
    "lvr-score align", "The A score: how near projected tokens come to those of the reference encoders.",
    "Examples:\n"
    "  lvr-score align --features F/dinov2-projected --reference F/clip336-projected F/clip224-projected\n"
    "  mpirun -np 8 lvr-score align --features F/dinov2-projected --reference F/clip336-projected --n 100 "
    "--results results.h5 --benchmark mme"};

const run::JobInfo k_correspond = {
    "lvr-score correspond",
    "The C score: how many of SPair-71k's keypoints are found in the other picture by their features (PCK).",
    "Examples:\n"
    "  lvr-score correspond --spair SPair-71k --features features/spair/dinov2 --results results.h5\n"
    "  lvr-score correspond --spair SPair-71k --features features/spair/dinov2 --frame published --draw 20 "
    "pictures"};

const run::JobInfo k_import = {
    "lvr-score", "The two scores of the law from features; with a command, one of: align, correspond.",
    "Commands:\n"
    "  lvr-score align --help           the A score\n"
    "  lvr-score correspond --help      the C score\n"
    "Examples:\n"
    "  lvr-score --import-features DIR --out features/mine --suffix _dino.npy     features made elsewhere\n"
    "  lvr-score --import lmms_eval_results.json --representation dinov2 --results results.h5\n"
    "  lvr-score --import data/paper/v1.csv --results results.h5                  scores measured elsewhere"};

}  // namespace

int main(int argc, char** argv) {
    return run::run_commands(argc, argv,
                             {run::command<score::AlignConfig>(k_align, score::align),
                              run::command<score::CorrespondConfig>(k_correspond, score::correspond),
                              run::command<score::ImportConfig>(k_import, score::import)});
}
