// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <lvr/vlm/conversation.hpp>

namespace lvr::vlm {

/// The ids of a part of a prompt, taken as the prompt is: with placeholders or without.
std::vector<std::int64_t> encode_prompt(const Prompt& prompt, std::string_view text,
                                        const data::Tokenizer& tokenizer);

/// The labels as LLaVA and the paper's code compute them, exceptions included.
struct PublishedMask {
    const Prompt& prompt;
    const data::Tokenizer& tokenizer;
    std::size_t longest;  ///< ids; the tokenizer's own limit

    /// All is learned but as many ids as what stands before the caption has by itself.
    void caption(Tokens& tokens) const;
    /// Round by round: the text is split at "</s>", each round at " ASSISTANT: ", and ids of these pieces are
    /// counted.
    void rounds(Tokens& tokens) const;

  private:
    std::size_t count(std::string_view text) const;
};

}  // namespace lvr::vlm
