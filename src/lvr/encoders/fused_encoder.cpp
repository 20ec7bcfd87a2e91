// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <fmt/format.h>

#include <lvr/core/error.hpp>
#include <lvr/encoders/encoder.hpp>

namespace lvr::encoders {
namespace {

using Parts = std::vector<std::shared_ptr<const Encoder>>;

class FusedEncoder : public Encoder {
  public:
    FusedEncoder(Parts parts, Fusion fusion) : parts_(std::move(parts)), fusion_(fusion) {
        for (const auto& part : parts_)
            inputs_.insert(inputs_.end(), part->inputs().begin(), part->inputs().end());
    }

    std::int64_t tokens() const override {
        const auto each = parts_.front()->tokens();
        return fusion_ == Fusion::interleave ? each * static_cast<std::int64_t>(parts_.size()) : each;
    }
    std::int64_t channels() const override {
        return fusion_ == Fusion::interleave ? parts_.front()->channels() : sum(&Encoder::channels);
    }
    std::int64_t parameters() const override { return sum(&Encoder::parameters); }
    const std::vector<ImageInput>& inputs() const override { return inputs_; }

    at::Tensor encode(const std::vector<at::Tensor>& pixels_BHW3) const override {
        std::vector<at::Tensor> features;
        auto next = pixels_BHW3.begin();
        for (const auto& part : parts_) {
            const auto end = next + static_cast<std::ptrdiff_t>(part->inputs().size());
            features.push_back(part->encode({next, end}));
            next = end;
        }
        return fusion_ == Fusion::channels ? at::cat(features, -1) : at::stack(features, 2).flatten(1, 2);
    }

    core::Json identity() const override {
        core::Json parts = core::Json::array();
        for (const auto& part : parts_) parts.push_back(part->identity());
        return {{"fusion", fusion_ == Fusion::channels ? "channels" : "interleave"}, {"parts", parts}};
    }

  private:
    std::int64_t sum(std::int64_t (Encoder::*what)() const) const {
        std::int64_t total = 0;
        for (const auto& part : parts_) total += (*part.*what)();
        return total;
    }

    Parts parts_;
    Fusion fusion_;
    std::vector<ImageInput> inputs_;
};

}  // namespace

std::shared_ptr<const Encoder> fuse(Parts parts, Fusion fusion, const std::string& name) {
    core::ensure(!parts.empty(), "a fused encoder without parts");
    for (const auto& part : parts) {
        const auto& first = *parts.front();
        if (part->tokens() != first.tokens()) {
            throw core::usage_error(
                fmt::format("{}: its parts give {} and {} tokens", name, first.tokens(), part->tokens()),
                "they cannot be put side by side",
                "choose input sizes with equal patch grids, e.g. 336 for both");
        }
        if (fusion == Fusion::interleave && part->channels() != first.channels()) {
            throw core::usage_error(fmt::format("{}: its parts have {} and {} channels", name,
                                                first.channels(), part->channels()),
                                    "tokens that take turns must be of one width",
                                    "use fusion = \"channels\"");
        }
    }
    return std::make_shared<FusedEncoder>(std::move(parts), fusion);
}

}  // namespace lvr::encoders
