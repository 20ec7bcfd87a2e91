// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lvr::data {

struct LlavaTurn {
    std::string from;  ///< "human" or "gpt" in a sound sample
    std::string value;
};

/// One talk of LLaVA's training lists: {"id", "image" (optional), "conversations": [{"from", "value"}, ...]}.
struct LlavaSample {
    std::string name;   ///< file, number from 1 and id, for messages
    std::string image;  ///< relative path; empty: text only (no `image`, or null)
    std::vector<LlavaTurn> turns;

    bool has_image() const { return !image.empty(); }
};

/// Where an image stands in a text.
inline constexpr std::string_view k_image_mark = "<image>";

/// What may be wrong with a sample. All but `unreadable` is left to the caller: skip, stop, or train as
/// published.
enum class SampleFault : std::uint8_t {
    unreadable,                 ///< no JSON object with such turns; read() says what it is
    wrong_roles,                ///< a turn that is neither human nor gpt, or the two do not take turns
    no_human_turn,              ///< nobody asks
    empty_answer,               ///< of white space at most, or none behind the last question
    placeholder_without_image,  ///< published: with `plain` a place for a black image, else the letters
                                ///< "<image>"
    image_without_placeholder,  ///< published: the image is encoded and left out
    absurd_length,              ///< more than k_longest_talk bytes
};
inline constexpr int k_sample_faults = 7;
/// The longest talk of LLaVA's own lists has some 60 kB.
inline constexpr std::size_t k_longest_talk = std::size_t{1} << 20;

/// "an empty answer"
std::string_view described(SampleFault fault);

/// All of a sample that could be read.
std::vector<SampleFault> faults_of(const LlavaSample& sample);

/// Where the samples of a file stand, and what a sampler must know of them: 18 bytes per sample, so that one
/// rank reads the file (1 GB) and tells the others.
struct LlavaIndex {
    std::string file;
    std::int64_t file_bytes = 0;
    std::vector<std::int64_t> offsets;  ///< of each sample's first byte
    std::vector<std::int32_t> lengths;  ///< bytes
    std::vector<std::int32_t> words;    ///< of all turns, as Python's split() counts; 0 if unreadable
    std::vector<std::uint8_t> images;   ///< 1 where a sample has one
    std::vector<std::uint8_t> faults;   ///< bit i: SampleFault i

    std::int64_t size() const { return static_cast<std::int64_t>(offsets.size()); }
    bool has(std::int64_t sample, SampleFault fault) const {
        return (faults[static_cast<std::size_t>(sample)] >> static_cast<int>(fault) & 1) != 0;
    }
    /// How many samples have each fault.
    std::array<std::int64_t, k_sample_faults> fault_counts() const;
    /// The words of each sample, negative for text only: what the recipe groups by.
    std::vector<std::int64_t> modality_lengths() const;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& file& file_bytes& offsets& lengths& words& images& faults;
    }
};

/// One pass over a list (.json: an array; .jsonl: one object per line), with memory for one sample.
/// @throws core::Error (input) naming the sample if the file is no list, is cut off, or an entry is longer
/// than k_longest_entry. What is wrong within a sample does not throw: see LlavaIndex::faults.
LlavaIndex index_llava(const std::string& file);

/// The samples of an indexed file, read when they are asked for.
class LlavaList {
  public:
    /// @throws core::Error (input) if the file cannot be opened, or has another size than when it was indexed
    explicit LlavaList(LlavaIndex index);

    const LlavaIndex& index() const { return index_; }
    /// @param sample from 0 @throws core::Error (input) naming the sample if it is unreadable
    LlavaSample read(std::int64_t sample) const;

  private:
    LlavaIndex index_;
    std::shared_ptr<const int> file_;
};

}  // namespace lvr::data
