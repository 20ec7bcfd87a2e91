// SPDX-License-Identifier: Apache-2.0
#include <lvr/extract/representation.hpp>

#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>
#include <lvr/core/sha256.hpp>
#include <lvr/encoders/build.hpp>
#include <lvr/encoders/vit_encoder.hpp>
#include <lvr/weights/checkpoint.hpp>

namespace lvr::extract {
namespace {

encoders::CardOverrides overrides_of(const ExtractConfig& config) {
    encoders::CardOverrides overrides{
        .size = config.size, .dtype = config.dtype, .position_resize = config.position_resize};
    if (config.tap != k_tap_of_card) overrides.tap = config.tap;
    return overrides;
}

/// A card says how large its features are, for --list: that must be true of the snapshot.
void check_claims(const encoders::EncoderCard& card, const encoders::Encoder& encoder) {
    const auto check = [&](const char* what, std::int64_t claimed, std::int64_t found) {
        if (claimed == 0 || claimed == found) return;
        throw core::input_error(
            fmt::format("{}: the card says {} {}, its snapshot has {}", card.id, claimed, what, found),
            "it is another model than the card is for",
            "name the right snapshot, or write a card of its own for this one");
    };
    check("tokens", card.tokens, encoder.tokens());
    check("channels", card.channels, encoder.channels());
    check("parameters", card.parameters, encoder.parameters());
}

/// What --size leaves over beside whole patches no model sees.
void warn_of_rest(const std::string& id, const core::Json& encoder, std::int64_t size) {
    if (encoder.contains("parts")) {
        for (const auto& part : encoder.at("parts")) warn_of_rest(id, part, size);
        return;
    }
    const auto patch = encoder.at("model").at("patch").get<std::int64_t>();
    if (size % patch == 0) return;
    core::warn("{}: --size {} is no multiple of its patches of {} pixels: {} rows and columns are not seen",
               id, size, patch, size % patch);
}

Representation build(const ExtractConfig& config, const encoders::EncoderCard& card, at::Device device,
                     bool is_root) {
    Representation built{.id = card.id, .card = card};
    const encoders::BuildOptions options{.models = config.models,
                                         .device = device,
                                         .fingerprint = is_root,
                                         .verify = config.check && is_root,
                                         .overrides = overrides_of(config)};
    built.encoder = encoders::build_encoder(card, options);
    const bool is_as_carded = config.size == 0 && config.tap == k_tap_of_card;
    if (is_as_carded) check_claims(card, *built.encoder);
    if (is_root && config.size > 0) warn_of_rest(card.id, built.encoder->identity(), config.size);
    built.store = files::storage_type(config.store.empty() ? card.store : config.store);
    built.identity = {{"representation", card.id},
                      {"protocol", card.protocol},
                      {"encoder", built.encoder->identity()},
                      {"store", files::name_of(built.store)},
                      {"flip", config.flip},
                      {"deflate", config.deflate}};
    if (config.project.empty()) return built;
    const auto checkpoint = weights::Checkpoint::open(config.project);
    // LLaVA's projector works in the dtype that the tower hands its features on in.
    const auto& handed_on = card.features_through.empty() ? card.dtype : card.features_through;
    const auto dtype = encoders::dtype_named(config.dtype.empty() ? handed_on : config.dtype);
    built.projector = nn::read_projector(checkpoint, config.project, dtype, device);
    if (built.projector->inputs() != built.encoder->channels()) {
        throw core::input_error(fmt::format("{}: takes {} channels, {} gives {}", config.project,
                                            built.projector->inputs(), card.id, built.encoder->channels()),
                                "it was trained for another representation",
                                "name the projector of " + card.id);
    }
    built.id += "-projected";
    built.identity["projector_sha256"] = is_root ? weights::fingerprint(checkpoint) : "";
    return built;
}

}  // namespace

std::int64_t Representation::bytes() const {
    return tokens() * channels() * static_cast<std::int64_t>(files::bytes_per_value(store));
}

at::Tensor Representation::features(const std::vector<at::Tensor>& pixels) const {
    const c10::InferenceMode guard;
    const auto tokens_BTD = encoder->encode(pixels);
    if (!projector) return tokens_BTD;
    return nn::apply(*projector, tokens_BTD.to(projector->layers.front().weight_OI.scalar_type()));
}

std::vector<encoders::EncoderCard> chosen_cards(const ExtractConfig& config) {
    return encoders::chosen_cards({config.representation, config.encoder, config.snapshot, config.protocol});
}

std::vector<Representation> build_representations(const ExtractConfig& config, const par::Comm& comm,
                                                  at::Device device) {
    const auto cards = chosen_cards(config);
    if (!config.project.empty() && cards.size() > 1) {
        throw core::usage_error(fmt::format("--project with {} representations", cards.size()),
                                "a projector is trained for one of them", "run them one by one");
    }
    std::vector<Representation> all;
    for (const auto& card : cards) {
        auto built = build(config, card, device, comm.rank() == 0);
        // Rank 0 alone reads the files' hashes.
        std::string text = built.identity.dump();
        comm.broadcast(text);
        built.identity = core::parse_json(text, "the identity of " + card.id);
        all.push_back(std::move(built));
    }
    return all;
}

}  // namespace lvr::extract
