// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <lvr/core/config.hpp>

namespace lvr::encoders {

/// How the model's own rules (native) or the paper's code (published: what its MLLMs saw; published_cscore:
/// what its C scores were measured on) prepare pictures and compute.
inline const std::vector<std::string> k_protocols = {"native", "published", "published_cscore"};

/// One vision representation, as configs/encoders/<id>.toml has it. A file holds the native protocol; its
/// tables [published] and [published_cscore] change single keys of it.
struct EncoderCard {
    std::string id;
    std::string family;
    std::string snapshot;
    std::vector<std::string> parts;
    std::string fusion = "channels";
    std::int64_t size = 0;
    std::string resize = "processor";
    std::string resize_order = "pillow_13";
    std::string normalise = "processor";
    std::int64_t tap = -2;
    std::string dtype = "float32";
    std::string weights_through;
    std::string pixels_through;
    std::string features_through;
    std::string position_resize;
    std::string store = "float16";
    std::string licence;
    std::int64_t tokens = 0, channels = 0, parameters = 0;

    std::string protocol = "native";  ///< the one that was read
    std::filesystem::path file;       ///< where it was read; empty: made for a --snapshot

    core::Fields fields();
    /// @throws Error (usage) naming the file, for what makes no sense together
    void validate() const;
};

/// @throws Error (input) if the file cannot be read, (usage) for a key or value that is wrong
/// @return with protocol "native" if it is not fused and has no table for the protocol
EncoderCard read_card(const std::filesystem::path& file, const std::string& protocol);

/// The folder with the cards that come with lvr: $LVR_CONFIGS/encoders, or beside the program's own folder.
/// @throws Error (input) if it is not there
std::filesystem::path card_folder();

/// The ids of the cards in that folder, sorted.
std::vector<std::string> card_ids();

/// The card with that id. @throws Error (usage) that names the nearest id
EncoderCard card_named(const std::string& id, const std::string& protocol);

/// A card for a snapshot folder of a known family: everything as its own files say.
EncoderCard card_for_snapshot(const std::string& snapshot);

/// Encoders as a command names them.
struct CardChoice {
    std::vector<std::string> representations;  ///< ids
    std::vector<std::string> files;            ///< cards of one's own
    std::vector<std::string> snapshots;
    std::string protocol = "native";
};

/// Their cards. @throws Error (usage) for an id that is there twice
std::vector<EncoderCard> chosen_cards(const CardChoice& choice);

}  // namespace lvr::encoders
