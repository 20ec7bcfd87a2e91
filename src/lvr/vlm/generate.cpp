// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/generate.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>

#include <algorithm>

#include <lvr/core/error.hpp>

namespace lvr::vlm {

std::vector<std::int64_t> generate(const Mllm& model, std::span<const std::int64_t> prompt,
                                   std::span<const at::Tensor> features, const GenerateOptions& options) {
    core::ensure(!prompt.empty(), "a prompt to go on from");
    const at::NoGradGuard nothing_recorded;
    Tokens tokens{{prompt.begin(), prompt.end()}, std::vector<std::int64_t>(prompt.size(), k_ignore_label)};
    while (std::ssize(tokens.ids) - std::ssize(prompt) < options.most) {
        const auto hidden_BLD = forward(model, std::span(&tokens, 1), features).hidden_BLD;
        const auto id = nn::logits(model.llm, hidden_BLD[0][-1]).argmax().item<std::int64_t>();
        if (std::ranges::find(options.stops, id) != options.stops.end()) break;
        tokens.ids.push_back(id);
        tokens.labels.push_back(k_ignore_label);
    }
    return {tokens.ids.begin() + std::ssize(prompt), tokens.ids.end()};
}

}  // namespace lvr::vlm
