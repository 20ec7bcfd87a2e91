// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/correspond_config.hpp>

#include <charconv>
#include <cmath>

#include <lvr/core/error.hpp>

namespace lvr::score {
namespace {

constexpr double k_least_temperature = 1e-6;  // bfloat16 steps of a similarity are far above it
constexpr std::int64_t k_most_memory = std::int64_t{1} << 30;  // MiB
constexpr std::int64_t k_most_threads = 1024;

}  // namespace

core::Fields CorrespondConfig::fields() {
    return {
        {"spair", &spair, "folder of SPair-71k"},
        {"split", &split, "which pairs", {"test", "val", "trn"}},
        {"category", &category, "only these categories; empty: all"},
        {.name = "features",
         .value = &features,
         .doc = "feature folders of SPair-71k's images, one per representation",
         .many = true},
        {.name = "features2",
         .value = &features2,
         .doc = "a second folder for each: the two are normalised, put side by side and normalised again",
         .many = true},
        {"frame",
         &frame,
         "published: features of squashed pictures against keypoints of padded ones, as the paper's code; "
         "aligned: keypoints where the model saw them, the whole picture squashed if the features do not "
         "say; auto: as the features say",
         {"published", "aligned", "auto"}},
        {"match",
         &match,
         "the most similar patch, or a soft arg-max about it; both at the resolution of the patches",
         {"hard", "soft"}},
        {"window", &window, "soft: patches on each side of the peak that count; 0: the whole picture"},
        {"temperature", &temperature, "soft: of the softmax over similarities"},
        {"arithmetic",
         &arithmetic,
         "of bfloat16 features: published is bfloat16 as PyTorch 1.13 computes in it, bfloat16 the same by "
         "2.11; auto: published under --frame published, else float32",
         {"auto", "published", "bfloat16", "float32"}},
        {"flip", &flip, "take the mirrored source where it fits the target better (mutual neighbours)"},
        {"average", &average, "what the score is a mean over", {"image", "keypoint"}},
        {"threshold",
         &threshold,
         "what alpha is a share of: the target's box or the picture",
         {"box", "image"}},
        {"alpha", &alpha,
         "shares of the threshold within which a prediction is right; the first is the score's"},
        {"geo_groups",
         &geo_groups,
         "keypoints that only differ in side: by SPair's own numbers, or renumbered as the paper's code logs "
         "them per category (wrong for bus, car, pottedplant, tvmonitor)",
         {"raw", "published"}},
        {"bootstrap", &bootstrap, "resamples of the pairs for the interval; 0: none"},
        {"seed", &seed, "of the resamples, and of the pairs that are drawn"},
        {"grid", &grid, "ROWSxCOLUMNS of patches, where the features do not say; empty: a square"},
        {"format", &format, "what stdout gets", {"text", "json"}},
        {.name = "draw",
         .value = &draw,
         .doc = "N DIR: pictures of N pairs with keypoints, predictions and errors, into DIR",
         .many = true},
        {"results", &results, "results.h5 to add the score to"},
        {"representation", &representation, "its name there; empty: as the features say"},
        {"memory", &memory, "MiB for feature maps on each rank"},
        {"threads", &threads, "threads of each rank; 0: its share of the node's cores"},
    };
}

bool CorrespondConfig::has_own_arithmetic() const {
    return arithmetic != "auto" && arithmetic != (frame == "published" ? "published" : "float32");
}

std::int64_t CorrespondConfig::pairs_to_draw() const {
    std::int64_t count = 0;
    if (draw.empty()) return 0;
    const char* const end = draw[0].data() + draw[0].size();
    const auto read = std::from_chars(draw[0].data(), end, count);
    return read.ec == std::errc() && read.ptr == end ? count : 0;
}

void CorrespondConfig::validate() const {
    const auto demand = [](bool condition, const char* problem, const char* remedy) {
        if (!condition) throw core::usage_error(problem, "", remedy);
    };
    demand(!spair.empty(), "no SPair-71k given", "use --spair FOLDER (with PairAnnotation in it)");
    demand(!features.empty(), "no features given", "use --features FOLDER, written by lvr-extract");
    demand(features2.empty() || features2.size() == features.size(),
           "--features2 must name as many folders as --features", "one second folder for each first one");
    demand(window >= 0, "--window must not be negative", "e.g. --window 5");
    demand(temperature >= k_least_temperature && std::isfinite(temperature),
           "--temperature must be 1e-6 or more", "e.g. --temperature 0.02, or --match hard");
    demand(!alpha.empty(), "--alpha names no share", "e.g. --alpha 0.1,0.05,0.01");
    for (const double share : alpha)
        demand(share > 0 && share <= 10, "--alpha must be shares of the threshold",
               "e.g. --alpha 0.1,0.05,0.01");
    demand(bootstrap >= 0 && bootstrap <= 1000000, "--bootstrap must be 0 to 1000000",
           "e.g. --bootstrap 1000");
    demand(draw.empty() || (draw.size() == 2 && pairs_to_draw() > 0), "--draw wants a number and a folder",
           "e.g. --draw 20 pictures");
    demand(draw.empty() || features.size() == 1, "--draw is for one representation",
           "name one folder with --features");
    demand(representation.empty() || features.size() == 1, "--representation is for one feature folder",
           "leave it out: the folders' own names are taken");
    demand(memory >= 16, "--memory is too little for feature maps", "give 16 MiB or more");
    demand(memory <= k_most_memory, "--memory is more than any node has", "it is in MiB, e.g. 2048");
    demand(threads >= 0 && threads <= k_most_threads, "--threads must be 0 to 1024", "e.g. --threads 2");
}

}  // namespace lvr::score
