// SPDX-License-Identifier: Apache-2.0
#include <lvr/encoders/build.hpp>

#include <lvr/encoders/vit_encoder.hpp>

namespace lvr::encoders {
namespace {

EncoderCard part_card(const EncoderCard& whole, const std::string& part) {
    if (!part.ends_with(".toml")) return card_named(part, whole.protocol);
    const std::filesystem::path file(part);
    return read_card(file.is_absolute() ? file : whole.file.parent_path() / file, whole.protocol);
}

EncoderCard overridden(EncoderCard card, const CardOverrides& overrides) {
    if (overrides.size > 0) card.size = overrides.size;
    if (overrides.tap) card.tap = *overrides.tap;
    if (!overrides.dtype.empty()) card.dtype = overrides.dtype;
    if (!overrides.position_resize.empty()) card.position_resize = overrides.position_resize;
    return card;
}

}  // namespace

std::shared_ptr<const Encoder> build_encoder(const EncoderCard& card, const BuildOptions& options) {
    if (card.parts.empty()) return make_vit_encoder(overridden(card, options.overrides), options);
    std::vector<std::shared_ptr<const Encoder>> parts;
    for (const auto& part : card.parts) {
        EncoderCard its = part_card(card, part);
        if (!its.parts.empty())
            throw core::usage_error(card.id + ": its part " + part + " is itself fused", "",
                                    "list the single encoders");
        its.dtype = card.dtype;
        if (!card.features_through.empty()) its.features_through = card.features_through;
        auto overrides = options.overrides;
        if (its.family != "dinov2") overrides.position_resize.clear();  // the others have no rule for it
        parts.push_back(make_vit_encoder(overridden(its, overrides), options));
    }
    return fuse(std::move(parts), card.fusion == "channels" ? Fusion::channels : Fusion::interleave, card.id);
}

}  // namespace lvr::encoders
