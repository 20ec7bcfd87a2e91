// SPDX-License-Identifier: Apache-2.0
#include <lvr/vlm/splice.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/split_with_sizes.h>
#include <ATen/ops/stack.h>
#include <fmt/format.h>

#include <algorithm>

#include <lvr/core/error.hpp>

namespace lvr::vlm {
namespace {

using Ids = std::vector<std::int64_t>;
using Packs = std::vector<Ids>;

[[noreturn]] void refuse(std::size_t sample, const std::string& problem) {
    throw core::input_error(fmt::format("sample {} of the batch {}", sample + 1, problem), "",
                            "check the tokenizer and the representation against the language model");
}

at::Tensor as_tensor(const Ids& values) {
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::TensorOptions(at::kLong));
    std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<std::int64_t>());
    return tensor;
}

/// The texts of a batch between its images: each sample's has one more piece than images, of any length. They
/// are looked up at once, and taken apart at once: of each piece taken by itself the gradient would be one of
/// all.
std::vector<at::Tensor> text_embeddings(std::span<const Tokens> batch, const at::Tensor& embedding_VD) {
    Ids text, lengths;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (batch[i].ids.size() != batch[i].labels.size()) refuse(i, "has not as many labels as ids");
        lengths.push_back(0);
        for (const std::int64_t id : batch[i].ids) {
            if (id == k_image_id) {
                lengths.push_back(0);
                continue;
            }
            ++lengths.back();
            if (id < 0 || id >= embedding_VD.size(0))
                refuse(i, fmt::format("has the id {}, beyond the {} embeddings", id, embedding_VD.size(0)));
            text.push_back(id);
        }
    }
    return at::split_with_sizes(at::embedding(embedding_VD, as_tensor(text).to(embedding_VD.device())),
                                lengths);
}

/// Takes the batch's text embeddings and images in turn.
class Splicer {
  public:
    Splicer(std::vector<at::Tensor> texts, std::span<const at::Tensor> images)
        : texts_(std::move(texts)), images_(images) {}

    void add(std::size_t sample, const Tokens& tokens, std::int64_t longest) {
        std::vector<at::Tensor> pieces;
        Ids labels;
        pieces.push_back(texts_.at(text_++));
        bool sees = false;
        for (std::size_t i = 0; i < tokens.ids.size(); ++i) {
            if (tokens.ids[i] != k_image_id) {
                labels.push_back(tokens.labels[i]);
                continue;
            }
            pieces.push_back(next_image(sample, true));
            labels.insert(labels.end(), static_cast<std::size_t>(pieces.back().size(0)), k_ignore_label);
            pieces.push_back(texts_.at(text_++));
            sees = true;
        }
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

    Spliced finish(const Packs& packs) {
        if (used_ != images_.size())
            throw core::input_error(fmt::format("a batch takes {} images and got {}", used_, images_.size()),
                                    "", "give one for each placeholder, and one for each sample without any");
        std::vector<Row> rows;
        Ids lengths;
        if (packs.empty())
            for (std::size_t i = 0; i < rows_.size(); ++i)
                rows.push_back(join({static_cast<std::int64_t>(i)}));
        for (const auto& pack : packs) rows.push_back(join(pack));
        for (const auto& row : rows) lengths.push_back(static_cast<std::int64_t>(row.labels.size()));
        return filled_up(rows, lengths);
    }

  private:
    struct Row {
        at::Tensor embeddings_LD;
        Ids labels, samples;
    };

    /// One sample behind the other. What the last token of one makes of the first of the next is not to be
    /// learned.
    Row join(const std::vector<std::int64_t>& pack) const {
        core::ensure(!pack.empty(), "packs of at least one sample");
        std::vector<at::Tensor> pieces;
        Row row;
        for (const std::int64_t sample : pack) {
            core::ensure(sample >= 0 && sample < static_cast<std::int64_t>(rows_.size()),
                         "packs of the batch's samples");
            const auto at = static_cast<std::size_t>(sample);
            const std::size_t begin = row.labels.size();
            pieces.push_back(rows_[at]);
            row.labels.insert(row.labels.end(), labels_[at].begin(), labels_[at].end());
            row.samples.resize(row.labels.size(), sample);
            if (begin > 0 && begin < row.labels.size()) row.labels[begin] = k_ignore_label;
        }
        row.embeddings_LD = at::cat(pieces);
        return row;
    }

    Spliced filled_up(std::vector<Row>& rows, const Ids& lengths) const {
        const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
        const auto count = static_cast<std::int64_t>(rows.size());
        std::vector<at::Tensor> embeddings;
        Ids labels, samples;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto& row = rows[i];
            embeddings.push_back(at::constant_pad_nd(row.embeddings_LD, {0, 0, 0, longest - lengths[i]}));
            row.labels.resize(static_cast<std::size_t>(longest), k_ignore_label);
            row.samples.resize(static_cast<std::size_t>(longest), -1);
            labels.insert(labels.end(), row.labels.begin(), row.labels.end());
            samples.insert(samples.end(), row.samples.begin(), row.samples.end());
        }
        return {at::stack(embeddings), as_tensor(labels).view({count, longest}),
                as_tensor(samples).view({count, longest}), lengths};
    }

    at::Tensor next_image(std::size_t sample, bool seen) {
        if (used_ == images_.size()) refuse(sample, "lacks an image");
        const at::Tensor& image = images_[used_++];
        if (!image.defined()) {
            if (seen) refuse(sample, "has a placeholder without an image");
            return image;
        }
        const at::Tensor& text = texts_.front();
        if (image.dim() != 2 || image.size(1) != text.size(1))
            refuse(sample, fmt::format("has image tokens of another width than the language model's {}",
                                       text.size(1)));
        if (image.scalar_type() != text.scalar_type() || image.device() != text.device())
            refuse(sample, "has image tokens of another type, or elsewhere, than the language model's");
        return image;
    }

    std::vector<at::Tensor> texts_;
    std::span<const at::Tensor> images_;
    std::size_t text_ = 0, used_ = 0;
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
    return splicer.finish(options.packs);
}

}  // namespace lvr::vlm
