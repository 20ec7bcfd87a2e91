// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/extract_config.hpp>

#include <lvr/core/error.hpp>
#include <lvr/encoders/encoder_card.hpp>

namespace lvr::extract {

core::Fields ExtractConfig::fields() {
    const std::vector<std::string> dtypes = {"", "float32", "bfloat16", "float16"};
    return {
        {"representation", &representation, "encoders by the names that --list prints"},
        {"encoder", &encoder, "encoder cards of your own, as TOML files"},
        {"snapshot", &snapshot,
         "Hugging Face folders of CLIP, SigLIP or DINOv2 models (or hub ids); their own files say the rest"},
        {"models", &models,
         "where hub ids are looked up first: MODELS/org/name; then Hugging Face's cache; nothing is "
         "downloaded"},
        {"protocol", &protocol,
         "as the model's own files say, or as the paper's code did it for its MLLMs or its C scores",
         encoders::k_protocols},
        {"images", &images,
         "folder of pictures, of parquet files or of SPair-71k; or a list: .txt, .json, .jsonl, LLaVA's "
         "JSON"},
        {"image_root", &image_root,
         "folder that a list's paths start from; empty: the one that the list is in"},
        {"column", &column, "parquet: the column with the images"},
        {"out", &out, "folder for the features: OUT/<representation>/part-000000.h5 ... and index.h5"},
        {"size", &size,
         "input of SIZE x SIZE pixels, resized in proportion; 0: as the card or the model says"},
        {"tap", &tap,
         "which hidden state: -1 behind the last block, -2 one before; 1000: as the card says, else -2"},
        {"dtype", &dtype, "type to compute in; empty: as the card says, else float32", dtypes},
        {"store", &store, "type of the stored features; empty: as the card says, else float16", dtypes},
        {"position_resize",
         &position_resize,
         "DINOv2's positions at another size: as transformers now (size) or before; empty: as the card says",
         {"", "size", "scale_0.1"}},
        {"project", &project,
         "projector (projector.safetensors or LLaVA's mm_projector.bin): store projected tokens"},
        {"flip", &flip, "also store the features of the mirrored image (tokens_flipped)"},
        {"deflate", &deflate, "compress without loss, 1 (fast) to 9 (small); 0: not at all"},
        {"shard_size", &shard_size, "images per part; 0: chosen so that a part has at most 256 MiB"},
        {"strict", &strict,
         "stop at the first image that cannot be used; else its row is NaN and it is listed at the end"},
        {"device", &device, "auto (a GPU if there is one), cpu, cuda or cuda:0"},
        {"batch", &batch, "images per step on a GPU; 0: 32 (a CPU takes one image per core at a time)"},
        {"threads", &threads, "threads of each rank; 0: its share of the node's cores"},
        {"dry_run", &dry_run,
         "say what would be done and how long it would take, after a trial of a few images, and stop"},
        {"list", &list, "list the encoder cards and stop"},
        {"check", &check, "build the models, verify their files, and stop"},
        {"index_only", &index_only, "write index.h5 of complete feature folders anew, and stop"},
    };
}

void ExtractConfig::validate() const {
    const auto demand = [](bool condition, const char* problem, const char* remedy) {
        if (!condition) throw core::usage_error(problem, "", remedy);
    };
    if (list) return;
    demand(snapshot.empty() || protocol == "native", "--protocol is for encoder cards, a --snapshot has none",
           "leave out --protocol, or write a card for the model (see configs/encoders) and use --encoder");
    demand(!representation.empty() || !encoder.empty() || !snapshot.empty(), "no encoder given",
           "use --representation clip336 (see --list), --encoder FILE.toml or --snapshot FOLDER");
    demand(check || !out.empty(), "no output folder given", "use --out FOLDER");
    demand(check || index_only || !images.empty(), "no images given",
           "use --images with a folder, a list, LLaVA JSON or a parquet dataset");
    demand(size >= 0 && size <= 16384, "--size is not a number of pixels", "e.g. --size 224");
    demand(deflate >= 0 && deflate <= 9, "--deflate must be 0 to 9", "e.g. --deflate 1");
    demand(batch >= 0 && batch <= 65536, "--batch must be 0 to 65536", "e.g. --batch 64");
    demand(threads >= 0 && threads <= 4096, "--threads must be 0 to 4096", "e.g. --threads 8");
    demand(shard_size >= 0, "--shard-size is negative", "use 0 to have it chosen");
}

}  // namespace lvr::extract
