// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/extract.hpp>
#include <lvr/run/job.hpp>

namespace {

using namespace lvr;

const run::JobInfo k_info = {
    "lvr-extract",
    "Extracts dense token features of images with frozen vision encoders into HDF5, resumable on any number "
    "of ranks.",
    "Examples:\n"
    "  lvr-extract --list                                             the encoders that lvr knows\n"
    "  lvr-extract --representation clip336 --images photos/ --out features/photos\n"
    "  lvr-extract --snapshot models/dinov2-small --images photos/ --out features/photos --store float32\n"
    "  mpirun -np 8 lvr-extract --config configs/extract/paper.toml   the same command again goes on where "
    "it stopped\n"
    "  lvr-extract --representation clip336 --check                   verify the model's files and stop\n\n"
    "Exit status 7: done, but some images could not be used (their rows are NaN; see quarantine.tsv)."};

}  // namespace

int main(int argc, char** argv) {
    return run::run_job<extract::ExtractConfig>(argc, argv, k_info, extract::extract);
}
