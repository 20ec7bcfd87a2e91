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

}  // namespace

std::shared_ptr<const Encoder> build_encoder(const EncoderCard& card, const BuildOptions& options) {
    if (card.parts.empty()) return make_vit_encoder(card, options);
    std::vector<std::shared_ptr<const Encoder>> parts;
    for (const auto& part : card.parts) {
        EncoderCard its = part_card(card, part);
        if (!its.parts.empty())
            throw core::usage_error(card.id + ": its part " + part + " is itself fused", "",
                                    "list the single encoders");
        its.dtype = card.dtype;
        parts.push_back(make_vit_encoder(its, options));
    }
    return fuse(std::move(parts), card.fusion == "channels" ? Fusion::channels : Fusion::interleave, card.id);
}

}  // namespace lvr::encoders
