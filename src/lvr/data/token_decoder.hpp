// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <lvr/data/tokenizer_settings.hpp>

namespace lvr::data {

/// From tokens to text: ByteLevel, and what stands before it in some files (ByteFallback, Fuse, Replace,
/// Strip).
class TokenDecoder {
  public:
    /// @param json the "decoder" of a tokenizer.json; @param file named in messages
    /// @throws core::Error (input) if it asks for anything else
    TokenDecoder(const TokenizerJson& json, const std::string& file);

    std::string decode(std::vector<std::string> tokens) const;

  private:
    using Step = std::function<void(std::vector<std::string>&)>;

    void read(const TokenizerJson& json, const std::string& file, int depth);
    void read_replace(const TokenizerJson& json, const std::string& file);
    void read_strip(const TokenizerJson& json, const std::string& file);

    std::vector<Step> steps_;
};

}  // namespace lvr::data
