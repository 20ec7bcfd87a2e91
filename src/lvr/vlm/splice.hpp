// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <lvr/vlm/conversation.hpp>

namespace lvr::vlm {

// B rows (samples, or packs of them), L positions, D the language model's width, T an image's tokens, V
// vocabulary.

struct CollateOptions {
    std::int64_t longest = 2048;  ///< ids that are kept; an image counts as one
    std::int64_t padding = 0;
    /// Published: the mask is id != padding, so that ids in a text that equal it (the literal "<unk>")
    /// vanish.
    MaskRule masks = MaskRule::published;
};

/// What of a sample reaches the model: cut to `longest`, and without what the mask hides. (The padding that
/// the recipe puts behind it is taken out again before images are put in, and is never written here.)
Tokens collated(Tokens tokens, const CollateOptions& options);

/// A batch as the language model takes it.
struct Spliced {
    at::Tensor embeddings_BLD;  ///< zero where there is nothing
    /// int64, on the CPU, where the loss looks at them; k_ignore_label for images and where there is nothing
    at::Tensor labels_BL;
    /// int64, on the CPU: which sample of the batch a position belongs to; -1 where there is nothing
    at::Tensor sample_BL;
    std::vector<std::int64_t> lengths;  ///< positions of each row that hold something
};

struct SpliceOptions {
    /// Positions of a sample that are kept, images counted; 0: all, as the paper's code does (upstream LLaVA:
    /// 2048).
    std::int64_t longest = 0;
    /// Which samples share a row, one behind the other; empty: each has its own. A sample that is in no pack
    /// is left out.
    std::vector<std::vector<std::int64_t>> packs;
};

/// How many images a sample takes: one for each placeholder. One without a placeholder takes one too, of
/// which nothing is seen, so that the recipe's black images for text-only samples have a place. (A sample of
/// the lists has one image; where it has placeholders in several turns the published code takes the following
/// samples' images, and fails at the last.)
std::int64_t images_wanted(const Tokens& tokens);

/// Puts images in the places of k_image_id and text embeddings in the others; fills up with zeros on the
/// right. Gradients flow to `embedding_VD` and to the images, also to those of which nothing is seen (zeros).
/// @param images    the samples' images in order, images_wanted() for each: [T, D], T may differ; an
/// undefined one where
///                  nothing is seen of it
/// @param embedding_VD of the language model; dtype and device of the embeddings
/// @throws core::Error (input) naming the sample of the batch: too few or too many images, an id beyond V, a
/// shape that
///         does not fit
Spliced splice(std::span<const Tokens> batch, std::span<const at::Tensor> images,
               const at::Tensor& embedding_VD, const SpliceOptions& options = {});

}  // namespace lvr::vlm
