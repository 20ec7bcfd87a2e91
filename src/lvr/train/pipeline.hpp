// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <lvr/data/llava_list.hpp>
#include <lvr/data/tokenizer.hpp>
#include <lvr/par/shard.hpp>
#include <lvr/train/image_features.hpp>
#include <lvr/train/sample_order.hpp>
#include <lvr/vlm/conversation.hpp>
#include <lvr/vlm/splice.hpp>

namespace lvr::train {

/// A sample that turned out bad when it was read, and was left out.
struct BadSample {
    std::int64_t sample = 0;  ///< of the list, from 0
    std::string name;         ///< file, number and id
    std::string what;         ///< is wrong, e.g. "images/3.jpg: there is no such file"
};

/// The samples of a slot without the bad ones: there may be none left.
struct MicroBatch {
    std::vector<std::int64_t> samples;  ///< of the list
    std::vector<vlm::Tokens> tokens;    ///< collated
    std::vector<PreparedImage> images;  ///< as splice takes them: images_wanted() for each sample, which are
                                        ///< all its one picture, or an empty one where none is seen
    std::int64_t labels = 0;      ///< learned labels, as nn::learned_labels counts them behind the splice
    std::int64_t length = 0;      ///< positions behind the splice, of all samples
    std::int64_t loss_group = 0;  ///< of the update, from 0
};

/// A rank's part of an update.
struct PreparedUpdate {
    std::int64_t update = 0;
    std::vector<MicroBatch> batches;  ///< one for each slot of the rank, in order
    std::vector<BadSample> bad;       ///< in the order of positions
    std::int64_t mismatches = 0;      ///< samples of which nothing is learned (vlm::Tokens::mismatch)
};

/// What is referred to must outlive the pipeline.
struct PipelineSpec {
    const SampleOrder& order;
    const data::LlavaList& list;
    const data::Tokenizer& tokenizer;
    const vlm::Template& form;
    const ImageFeatures& images;
    vlm::TokeniseOptions tokenise = {};
    vlm::CollateOptions collate = {};
    std::int64_t longest = 0;      ///< positions of a sample behind the splice; 0: all (SpliceOptions)
    std::int64_t micro_batch = 1;  ///< samples of a slot
    par::Range slots = {};         ///< of each update, this rank's
    std::int64_t first_update = 0;
    std::int64_t ahead = 2;  ///< updates that are held at once: being prepared, or waiting
    int threads = 1;
};

/// Prepares updates ahead of the training loop, on threads: reads, tokenises and collates samples, reads and
/// decodes their pictures. What comes out does not depend on threads, nor on how slots are shared out.
class Pipeline {
  public:
    /// @throws core::Error (resource) if the system gives no more threads
    explicit Pipeline(const PipelineSpec& spec);
    /// Stops the threads as soon as they are done with the sample at hand.
    ~Pipeline();
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;

    /// The next update, once it is ready. To be called by one thread, up to the order's last update.
    /// @throws core::Error naming the sample: what hits the whole run, and with BadSamples::stop a bad
    /// sample. It comes in place of the update that it belongs to.
    PreparedUpdate next();

    /// Seconds that next() has waited so far.
    double waited() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace lvr::train
