// SPDX-License-Identifier: Apache-2.0
#include <lvr/train/prepare_sample.hpp>

#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>

namespace lvr::train {
namespace {

/// The problem of an error, without the name in front of it.
std::string problem_of(const core::Error& error, const std::string& name) {
    const std::string what = error.what();
    const auto begin = what.starts_with(name + ": ") ? name.size() + 2 : 0;
    return what.substr(begin, what.find('\n', begin) - begin);
}

/// The sample cannot be used; others may be fine.
BadSample left_out(const PipelineSpec& spec, std::int64_t sample, const std::string& name,
                   const std::string& what) {
    if (spec.order.settings().bad == BadSamples::skip) return {sample, name, what};
    throw core::input_error(name + ": " + what, "it cannot be trained on",
                            "correct it, or leave such samples out with --bad-samples skip");
}

bool sees_image(const vlm::Tokens& tokens) {
    return std::find(tokens.ids.begin(), tokens.ids.end(), vlm::k_image_id) != tokens.ids.end();
}

/// @return what is wrong with it, empty if nothing is
std::string tokenise(const PipelineSpec& spec, const data::LlavaSample& sample, PreparedSample& prepared) {
    try {
        prepared.tokens =
            vlm::collated(vlm::tokenise(sample, spec.form, spec.tokenizer, spec.tokenise), spec.collate);
    } catch (const core::Error& error) {
        if (error.kind() != core::ErrorKind::input) throw;
        return problem_of(error, sample.name);
    }
    if (prepared.tokens.ids.empty()) return "has no tokens";
    if (!sample.has_image() && sees_image(prepared.tokens)) return "has a placeholder without an image";
    return "";
}

std::string add_image(const PipelineSpec& spec, const data::LlavaSample& sample, PreparedSample& prepared) {
    prepared.images = vlm::images_wanted(prepared.tokens);
    if (!sees_image(prepared.tokens)) return "";
    try {
        prepared.image = spec.images.prepare(sample.image);
    } catch (const data::ImageError& error) {
        return problem_of(error, "");
    } catch (const core::Error& error) {
        throw core::Error(error.kind(), fmt::format("{}: {}", sample.name, error.what()));
    }
    return "";
}

}  // namespace

Extent extent_of(const vlm::Tokens& tokens, std::int64_t image_tokens, std::int64_t longest) {
    Extent extent;
    for (std::size_t i = 0; i < tokens.ids.size(); ++i) {
        if (longest > 0 && extent.length >= longest) break;
        if (tokens.ids[i] == vlm::k_image_id) {
            extent.length += image_tokens;
            continue;
        }
        const bool is_learned = extent.length > 0 && tokens.labels[i] != vlm::k_ignore_label;
        extent.labels += is_learned ? 1 : 0;
        ++extent.length;
    }
    if (longest > 0) extent.length = std::min(extent.length, longest);
    return extent;
}

PreparedSample prepare_sample(const PipelineSpec& spec, std::int64_t number) {
    const auto sample = spec.list.read(number);
    PreparedSample prepared;
    auto wrong = tokenise(spec, sample, prepared);
    if (wrong.empty()) wrong = add_image(spec, sample, prepared);
    if (!wrong.empty()) {
        prepared.bad = left_out(spec, number, sample.name, wrong);
        return prepared;
    }
    const auto [length, labels] = extent_of(prepared.tokens, spec.images.tokens(), spec.longest);
    prepared.length = length;
    prepared.labels = labels;
    return prepared;
}

}  // namespace lvr::train
