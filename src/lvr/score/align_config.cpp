// SPDX-License-Identifier: Apache-2.0
#include <lvr/score/align_config.hpp>

#include <lvr/core/error.hpp>

namespace lvr::score {
namespace {

void demand(bool condition, const char* problem, const char* remedy) {
    if (!condition) throw core::usage_error(problem, "", remedy);
}

void validate_cosine(const AlignConfig& config) {
    demand(!config.features.empty(), "no features given", "use --features FOLDER, of projected tokens");
    demand(!config.reference.empty(), "no reference given",
           "use --reference FOLDER FOLDER, e.g. of CLIP at 336 and at 224 pixels");
    demand(config.loglik.empty(), "--loglik is for --definition loglik", "add it, or leave --loglik out");
    demand(config.average == "pair", "--average is for --definition loglik", "leave it out");
    demand(config.n >= 0, "--n must not be negative", "e.g. --n 100; 0: all images");
    demand(config.n == 0 || config.ids.empty(), "--ids and --n both say which images", "give one of them");
    const bool is_plain = config.precision == "float64" && config.device == "cpu";
    demand(!config.bf16_emulation || is_plain, "--bf16-emulation has a precision of its own, on the CPU",
           "leave --precision and --device out");
}

void validate_loglik(const AlignConfig& config) {
    demand(!config.loglik.empty(), "no log-likelihoods given",
           "use --loglik FOLDER, the caption_loglik of an evaluation");
    demand(config.features.empty() && config.reference.empty() && config.ids.empty() && config.n == 0,
           "--features, --reference, --ids and --n are for --definition cosine",
           "leave them out: all pairs of --loglik count");
    demand(!config.bf16_emulation && config.precision == "float64",
           "--precision and --bf16-emulation are for --definition cosine", "leave them out");
}

}  // namespace

core::Fields AlignConfig::fields() {
    return {
        {.name = "features", .value = &features, .doc = "feature folders of projected tokens", .many = true},
        {.name = "reference",
         .value = &reference,
         .doc = "feature folders of the references' projected tokens",
         .many = true},
        {"definition",
         &definition,
         "cosine: each token's best match among the reference's tokens, averaged; loglik: the captions' "
         "log-likelihood per token under the aligned model",
         {"cosine", "loglik"}},
        {"ids", &ids, "file with the ids of the images that count, one a line; empty: all"},
        {"n", &n, "a sample of so many images instead; 0: all"},
        {"seed", &seed, "of the sample"},
        {"precision",
         &precision,
         "of the cosines: float64 is exact; float32 what a product in single precision says",
         {"float64", "float32"}},
        {"bf16_emulation", &bf16_emulation,
         "round as the published table does: everything in bfloat16, cosines up to 1.008"},
        {"loglik", &loglik, "loglik: folder of log-likelihoods that an evaluation wrote"},
        {"average",
         &average,
         "loglik: each pair counts the same (as the paper has it), or each token",
         {"pair", "token"}},
        {"format", &format, "what stdout gets; json: a line per representation", {"text", "json"}},
        {"results", &results, "results.h5 to add the score to"},
        {"representation", &representation,
         "its name there; empty: as the features say, else their folder's"},
        {"benchmark", &benchmark, "column of the score there; empty: its definition"},
        {"threads", &threads, "threads of each rank; 0: its share of the node's cores"},
        {"device", &device, "cpu, cuda, cuda:0 or auto"},
    };
}

void AlignConfig::validate() const {
    definition == "cosine" ? validate_cosine(*this) : validate_loglik(*this);
    demand(representation.empty() || features.size() <= 1, "--representation is for one feature folder",
           "leave it out: the folders' own names are taken");
    demand(threads >= 0, "--threads must not be negative", "e.g. --threads 2");
}

}  // namespace lvr::score
