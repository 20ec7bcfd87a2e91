// SPDX-License-Identifier: Apache-2.0
#include <lvr/encoders/encoder_card.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include <lvr/core/error.hpp>

namespace lvr::encoders {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> k_dtypes = {"float32", "bfloat16", "float16"};
const std::vector<std::string> k_dtypes_or_none = {"", "float32", "bfloat16", "float16"};

/// The last part of a path or a hub id, without a revision.
std::string short_name(const std::string& snapshot) {
    fs::path path(snapshot.substr(
        0, snapshot.find('@', snapshot.rfind('/') == std::string::npos ? 0 : snapshot.rfind('/'))));
    if (!path.has_filename()) path = path.parent_path();
    const std::string name = path.filename().string();
    if (!name.empty() && name != "." && name != "..") return name;
    const fs::path whole = fs::absolute(path).lexically_normal();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

}  // namespace

core::Fields EncoderCard::fields() {
    return {
        {"id", &id, "name of the representation, and of its folder in the output"},
        {"family",
         &family,
         "of the model; empty: as the snapshot's config.json says",
         {"", "clip", "siglip", "dinov2"}},
        {"snapshot", &snapshot, "folder with config.json and weights, or hub id org/name[@revision]"},
        {"parts", &parts, "ids of other cards, or files: a fused representation"},
        {"fusion",
         &fusion,
         "of the parts: channels side by side, or tokens in turn",
         {"channels", "interleave"}},
        {"size", &size, "pixels on a side of the input; 0: as the preprocessor says"},
        {"resize",
         &resize,
         "as the preprocessor says, or squash the whole picture to size x size",
         {"processor", "squash"}},
        {"resize_order",
         &resize_order,
         "which axis Pillow resamples first: as version 13, or rows, as all before",
         {"pillow_13", "rows_first"}},
        {"normalise", &normalise, "as the preprocessor says, or plainly to [-1, 1]", {"processor", "plain"}},
        {"tap", &tap, "index into the hidden states: -1 is behind the last block, 0 ahead of the first"},
        {"dtype", &dtype, "of the computation", k_dtypes},
        {"weights_through", &weights_through, "weights are first rounded to this dtype", k_dtypes_or_none},
        {"pixels_through", &pixels_through, "normalised pixels are first rounded to this dtype",
         k_dtypes_or_none},
        {"features_through", &features_through, "features are last rounded to this dtype", k_dtypes_or_none},
        {"position_resize",
         &position_resize,
         "DINOv2's positions at another size; empty or size: as transformers 5 does",
         {"", "size", "scale_0.1"}},
        {"store", &store, "of the stored features", {"float16", "bfloat16", "float32"}},
        {"licence", &licence, "a note on the licence of the weights"},
        {"tokens", &tokens, "for --list: tokens per image; held against the model"},
        {"channels", &channels, "for --list: channels per token; held against the model"},
        {"parameters", &parameters, "for --list: parameters up to the tap; held against the model"},
    };
}

void EncoderCard::validate() const {
    const auto demand = [this](bool condition, const std::string& problem, const std::string& remedy) {
        if (!condition)
            throw core::usage_error((file.empty() ? id : file.string()) + ": " + problem, "", remedy);
    };
    demand(!id.empty() && id.find('/') == std::string::npos && !id.starts_with('.'),
           "the id cannot name a folder", "give it an id without '/'");
    demand(snapshot.empty() != parts.empty(), "a card has either a snapshot or parts", "give it one of them");
    demand(parts.empty() || parts.size() >= 2, "a fused representation has at least two parts",
           "add one, or use snapshot");
    const EncoderCard usual;
    const bool is_plain = family.empty() && size == usual.size && resize == usual.resize &&
                          tap == usual.tap && resize_order == usual.resize_order &&
                          normalise == usual.normalise && position_resize.empty() &&
                          weights_through.empty() && pixels_through.empty();
    demand(parts.empty() || is_plain,
           "beside parts, only id, fusion, dtype, features_through, store and licence have a meaning",
           "put the other keys into the parts' own cards");
    demand(size >= 0 && size <= 16384, "size is not a number of pixels",
           "e.g. 224; 0 for the preprocessor's own");
    demand(resize != "squash" || size > 0, "resize = \"squash\" needs a size", "e.g. size = 224");
}

EncoderCard read_card(const fs::path& file, const std::string& protocol) {
    EncoderCard card;
    const std::vector<std::string> tables(k_protocols.begin() + 1, k_protocols.end());
    core::load_toml(file, card.fields(), tables);
    card.file = file;
    if (card.id.empty()) card.id = file.stem().string();
    // What the paper's code does not do differently has no table: the card is the native one then. A fused
    // card hands the protocol on to its parts.
    const bool has_table = protocol != "native" && core::load_toml_table(file, protocol, card.fields());
    card.protocol = has_table || !card.parts.empty() ? protocol : "native";
    card.validate();
    return card;
}

fs::path card_folder() {
    std::vector<fs::path> places;
    if (const char* const configs = std::getenv("LVR_CONFIGS"))
        places.emplace_back(fs::path(configs) / "encoders");
    std::error_code none;
    const fs::path program = fs::read_symlink("/proc/self/exe", none).parent_path();
    // Installed: prefix/bin beside prefix/share. Built: build/bin or build/tests in the source tree.
    places.push_back(program.parent_path() / "share/lvr/configs/encoders");
    places.push_back(program.parent_path().parent_path() / "configs/encoders");
    const auto found = std::find_if(places.begin(), places.end(),
                                    [&](const fs::path& place) { return fs::is_directory(place, none); });
    if (found != places.end()) return *found;
    throw core::input_error("the folder of encoder cards is not there; looked in " + places.front().string(),
                            "no representation is known by its id",
                            "set LVR_CONFIGS to the folder that holds encoders/, or use --snapshot");
}

std::vector<std::string> card_ids() {
    std::vector<std::string> ids;
    for (const auto& entry : fs::directory_iterator(card_folder())) {
        if (entry.path().extension() == ".toml") ids.push_back(entry.path().stem().string());
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

EncoderCard card_named(const std::string& id, const std::string& protocol) {
    const auto ids = card_ids();
    if (std::find(ids.begin(), ids.end(), id) != ids.end())
        return read_card(card_folder() / (id + ".toml"), protocol);
    const std::string near = core::nearest(id, ids);
    throw core::usage_error(fmt::format("unknown representation '{}'", id), "",
                            (near.empty() ? "" : "did you mean " + near + "? ") +
                                fmt::format("there are {}; or use --encoder FILE.toml or --snapshot FOLDER",
                                            fmt::join(ids, ", ")));
}

EncoderCard card_for_snapshot(const std::string& snapshot) {
    EncoderCard card;
    card.snapshot = snapshot;
    card.id = short_name(snapshot);
    card.validate();
    return card;
}

std::vector<EncoderCard> chosen_cards(const CardChoice& choice) {
    std::vector<EncoderCard> cards;
    for (const auto& id : choice.representations) cards.push_back(card_named(id, choice.protocol));
    for (const auto& file : choice.files) cards.push_back(read_card(file, choice.protocol));
    for (const auto& folder : choice.snapshots) cards.push_back(card_for_snapshot(folder));
    std::set<std::string> ids;
    for (const auto& card : cards) {
        if (ids.insert(card.id).second) continue;
        throw core::usage_error(fmt::format("the representation {} is asked for twice", card.id),
                                "both would be written to one folder",
                                "name it once, or give the cards different ids");
    }
    return cards;
}

}  // namespace lvr::encoders
