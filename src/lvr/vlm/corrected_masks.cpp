// SPDX-License-Identifier: Apache-2.0
#include "corrected_masks.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include "published_masks.hpp"

namespace lvr::vlm {
namespace {

using Ids = std::vector<std::int64_t>;

/// How many ids the text up to a place has in common with the whole.
struct Common {
    std::size_t count = 0;
    bool is_all = false;  ///< of those that it has by itself
};

/// Finds places of a text among its ids. A part of the text up to a place has the same ids as it has within
/// the whole, except for an id that reaches beyond it. Nothing reaches across a special token: from one on
/// the text can be looked at by itself.
class Places {
  public:
    Places(const Prompt& prompt, const Ids& ids, const data::Tokenizer& tokenizer, std::string_view mark)
        : prompt_(prompt), ids_(ids), tokenizer_(tokenizer), mark_(mark) {
        if (mark.empty()) return;
        const auto id = tokenizer.id_of(mark);
        if (!id || !tokenizer.decode(std::span(&*id, 1), true).empty()) return;  // it is not special
        Ids alone = tokenizer.encode("", true);
        in_front_ = alone.size();
        alone.push_back(*id);
        if (tokenizer.encode(mark, true) == alone) mark_id_ = id;  // and nothing is put behind a text
    }

    Common up_to(std::size_t end) const {
        const auto text = std::string_view(prompt_.text).substr(text_, end - text_);
        const Ids part = encode_prompt(prompt_, text, tokenizer_);
        const auto begin = part.begin() + static_cast<std::ptrdiff_t>(text_ == 0 ? 0 : in_front_);
        const auto differs =
            std::mismatch(begin, part.end(), ids_.begin() + static_cast<std::ptrdiff_t>(id_), ids_.end())
                .first;
        return {id_ + static_cast<std::size_t>(differs - begin), differs == part.end()};
    }

    /// From now on looks no further back than the mark in front of a place, if there is one.
    void leave_behind(std::size_t end, const Common& until) {
        if (!can_leave_behind() || !until.is_all || until.count == 0 || ids_[until.count - 1] != *mark_id_)
            return;
        text_ = end - mark_.size();
        id_ = until.count - 1;
    }
    bool can_leave_behind() const { return mark_id_.has_value(); }

  private:
    const Prompt& prompt_;
    const Ids& ids_;
    const data::Tokenizer& tokenizer_;
    std::string_view mark_;
    std::optional<std::int64_t> mark_id_;
    std::size_t in_front_ = 0;       // ids that the tokenizer puts in front of a text
    std::size_t text_ = 0, id_ = 0;  // where looking begins, in bytes and ids
};

}  // namespace

Ids corrected_labels(const Prompt& prompt, const Ids& ids, const data::Tokenizer& tokenizer,
                     const AnswerEnds& ends) {
    Ids labels(ids.size(), k_ignore_label);
    Places places(prompt, ids, tokenizer, ends.mark);
    for (const auto& [begin, end] : prompt.answers) {
        const std::size_t from = places.up_to(begin).count;
        const Common until = places.up_to(end);
        const std::size_t to = std::min(ids.size(), until.count + (until.is_all ? 0 : 1));
        for (std::size_t i = from; i < to; ++i)
            if (ids[i] != k_image_id) labels[i] = ids[i];
        if (to == ids.size() || (from >= ends.longest && !places.can_leave_behind())) break;
        places.leave_behind(end, until);
    }
    return labels;
}

}  // namespace lvr::vlm
