// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/splice.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>

namespace lvr::vlm {
namespace {

using Ids = std::vector<std::int64_t>;

[[noreturn]] void refuse(std::size_t sample, const std::string& problem) {
    throw core::input_error(fmt::format("sample {} of the batch {}", sample + 1, problem), "",
                            "check the tokenizer and the representation against the language model");
}

at::Tensor as_tensor(const Ids& values, at::Device device) {
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::TensorOptions(at::kLong));
    std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<std::int64_t>());
    return tensor.to(device);
}

/// The ids of all texts of a batch, one behind the other: they are looked up at once.
at::Tensor text_embeddings(std::span<const Tokens> batch, const at::Tensor& embedding_VD) {
    Ids text;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (batch[i].ids.size() != batch[i].labels.size()) refuse(i, "has not as many labels as ids");
        for (const std::int64_t id : batch[i].ids) {
            if (id == k_image_id) continue;
            if (id < 0 || id >= embedding_VD.size(0))
                refuse(i, fmt::format("has the id {}, beyond the {} embeddings", id, embedding_VD.size(0)));
            text.push_back(id);
        }
    }
    return at::embedding(embedding_VD, as_tensor(text, embedding_VD.device()));
}

/// Takes the batch's text embeddings and images in turn.
class Splicer {
  public:
    Splicer(at::Tensor text_ND, std::span<const at::Tensor> images)
        : text_ND_(std::move(text_ND)), images_(images) {}

    void add(std::size_t sample, const Tokens& tokens, std::int64_t longest) {
        std::vector<at::Tensor> pieces;
        Ids labels;
        std::int64_t pending = 0;  // text ids since the last image
        const auto flush = [&] {
            pieces.push_back(text_ND_.narrow(0, at_, pending));
            at_ += pending;
            pending = 0;
        };
        bool sees = false;
        for (std::size_t i = 0; i < tokens.ids.size(); ++i) {
            if (tokens.ids[i] != k_image_id) {
                labels.push_back(tokens.labels[i]);
                ++pending;
                continue;
            }
            flush();
            pieces.push_back(next_image(sample, true));
            labels.insert(labels.end(), static_cast<std::size_t>(pieces.back().size(0)), k_ignore_label);
            sees = true;
        }
        flush();
        if (!sees)
            if (const at::Tensor unseen = next_image(sample, false); unseen.defined())
                pieces.push_back(unseen.narrow(0, 0, 0));
        at::Tensor row = at::cat(pieces);
        if (longest > 0 && row.size(0) > longest) {
            row = row.narrow(0, 0, longest);
            labels.resize(static_cast<std::size_t>(longest));
        }
        rows_.push_back(std::move(row));
        labels_.push_back(std::move(labels));
    }

    Spliced finish() {
        if (used_ != images_.size())
            throw core::input_error(fmt::format("a batch takes {} images and got {}", used_, images_.size()),
                                    "", "give one for each placeholder, and one for each sample without any");
        std::int64_t longest = 0;
        Spliced out;
        for (const auto& row : rows_) {
            out.lengths.push_back(row.size(0));
            longest = std::max(longest, row.size(0));
        }
        Ids labels;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            rows_[i] = at::constant_pad_nd(rows_[i], {0, 0, 0, longest - rows_[i].size(0)});
            labels_[i].resize(static_cast<std::size_t>(longest), k_ignore_label);
            labels.insert(labels.end(), labels_[i].begin(), labels_[i].end());
        }
        const auto device = text_ND_.device();
        out.embeddings_BLD = at::stack(rows_);
        out.labels_BL = as_tensor(labels, device).view({static_cast<std::int64_t>(rows_.size()), longest});
        const auto places = at::arange(longest, at::TensorOptions(at::kLong).device(device));
        out.mask_BL = places.unsqueeze(0).lt(as_tensor(out.lengths, device).unsqueeze(1));
        return out;
    }

  private:
    at::Tensor next_image(std::size_t sample, bool seen) {
        if (used_ == images_.size()) refuse(sample, "lacks an image");
        const at::Tensor& image = images_[used_++];
        if (!image.defined()) {
            if (seen) refuse(sample, "has a placeholder without an image");
            return image;
        }
        if (image.dim() != 2 || image.size(1) != text_ND_.size(1))
            refuse(sample, fmt::format("has image tokens of another width than the language model's {}",
                                       text_ND_.size(1)));
        if (image.scalar_type() != text_ND_.scalar_type() || image.device() != text_ND_.device())
            refuse(sample, "has image tokens of another type, or elsewhere, than the language model's");
        return image;
    }

    at::Tensor text_ND_;
    std::span<const at::Tensor> images_;
    std::int64_t at_ = 0;
    std::size_t used_ = 0;
    std::vector<at::Tensor> rows_;
    std::vector<Ids> labels_;
};

}  // namespace

Tokens collated(Tokens tokens, const CollateOptions& options) {
    core::ensure(tokens.ids.size() == tokens.labels.size() && options.longest > 0, "labels for all ids");
    const auto kept = std::min(tokens.ids.size(), static_cast<std::size_t>(options.longest));
    tokens.ids.resize(kept);
    tokens.labels.resize(kept);
    if (options.masks == MaskRule::corrected) return tokens;
    std::size_t to = 0;
    for (std::size_t i = 0; i < kept; ++i) {
        if (tokens.ids[i] == options.padding) continue;
        tokens.ids[to] = tokens.ids[i];
        tokens.labels[to++] = tokens.labels[i];
    }
    tokens.ids.resize(to);
    tokens.labels.resize(to);
    return tokens;
}

std::int64_t images_wanted(const Tokens& tokens) {
    return std::max<std::int64_t>(1, std::count(tokens.ids.begin(), tokens.ids.end(), k_image_id));
}

Spliced splice(std::span<const Tokens> batch, std::span<const at::Tensor> images,
               const at::Tensor& embedding_VD, const SpliceOptions& options) {
    core::ensure(!batch.empty() && embedding_VD.dim() == 2 && options.longest >= 0, "a batch and embeddings");
    Splicer splicer(text_embeddings(batch, embedding_VD), images);
    for (std::size_t i = 0; i < batch.size(); ++i) splicer.add(i, batch[i], options.longest);
    return splicer.finish();
}

}  // namespace lvr::vlm
