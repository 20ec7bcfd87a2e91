// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/import_config.hpp>

#include <lvr/core/error.hpp>

namespace lvr::score {

core::Fields ImportConfig::fields() {
    return {
        {"import_features", &import_features,
         "folder of .npy arrays or .pt tensors, one per image: [C, P, Q] or [1, C, P, Q] maps, or [T, D] or "
         "[1, T, D] tokens"},
        {"out", &out, "feature folder to write: OUT/part-000000.h5 ... and OUT/index.h5"},
        {"suffix", &suffix,
         "how the files to import end, e.g. _dino.npy: what stands before it is the image's id; files that "
         "end in _dino_flip.npy are the mirrored images'; empty: .npy or .pt"},
        {"shard_size", &shard_size, "images per part; 0: chosen so that a part has at most 256 MiB"},
        {.name = "import",
         .value = &import_scores,
         .doc = "scores measured elsewhere: tables as lvr-fit reads them (CSV, HDF5), or result files of "
                "lmms-eval (JSON)",
         .many = true},
        {"results", &results, "results.h5 to add the scores to"},
        {"representation", &representation,
         "whose scores or features they are, where the files do not say (lmms-eval's do not)"},
        {"seed", &seed, "of the model's training, for lmms-eval's scores; -1: none"},
    };
}

void ImportConfig::validate() const {
    const auto demand = [](bool condition, const char* problem, const char* remedy) {
        if (!condition) throw core::usage_error(problem, "", remedy);
    };
    const bool has_features = !import_features.empty(), has_scores = !import_scores.empty();
    demand(has_features || has_scores, "nothing to do",
           "use lvr-score align or lvr-score correspond, or --import-features FOLDER or --import FILE");
    demand(!has_features || !has_scores, "--import-features and --import are two tasks",
           "give them to two commands");
    demand(!has_features || !out.empty(), "no output folder given", "use --out FOLDER");
    demand(!has_features || suffix.empty() || suffix.ends_with(".npy") || suffix.ends_with(".pt"),
           "--suffix must end in .npy or .pt", "e.g. --suffix _dino.npy");
    demand(suffix.find('/') == std::string::npos, "--suffix is the end of a file's name, without a folder",
           "e.g. --suffix _dino.npy");
    demand(shard_size >= 0, "--shard-size is negative", "use 0 to have it chosen");
    demand(!has_scores || !results.empty(), "no results file given", "use --results results.h5");
    demand(has_features || (out.empty() && suffix.empty() && shard_size == 0),
           "--out, --suffix and --shard-size are for --import-features", "leave them out");
    demand(has_scores || (results.empty() && seed == k_no_seed), "--results and --seed are for --import",
           "leave them out");
    demand(seed >= k_no_seed, "--seed must not be negative", "e.g. --seed 1");
}

}  // namespace lvr::score
