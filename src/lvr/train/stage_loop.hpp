// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <lvr/comm/tensor_comm.hpp>
#include <lvr/train/cost.hpp>
#include <lvr/train/loss_watch.hpp>
#include <lvr/train/metrics.hpp>
#include <lvr/train/pipeline.hpp>
#include <lvr/train/schedule.hpp>
#include <lvr/train/sharded_optimizer.hpp>
#include <lvr/train/stage.hpp>
#include <lvr/vlm/mllm.hpp>

namespace lvr::train {

/// What a stage learns from. Collective to open.
struct StageData {
    explicit StageData(const Stage& stage);

    std::unique_ptr<const data::LlavaList> list;
    std::unique_ptr<const SampleOrder> order;
    std::unique_ptr<const ImageFeatures> images;
    core::Json identity;  ///< of samples and features
};

/// What a stage trains. Collective to make.
struct StageModel {
    StageModel(const Stage& stage, const ImageFeatures& images, comm::TensorComm& comm);

    weights::WeightStore store;
    std::unique_ptr<ShardedOptimizer> optimizer;
    vlm::Mllm mllm;
    std::int64_t projector_weights = 0;
};

/// One update, the same on every rank.
struct Step {
    UpdateRecord record;
    TimingRecord timing;
    std::int64_t mismatches = 0;
    std::vector<BadSample> bad;             ///< rank 0: of all ranks
    bool stop = false;                      ///< a rank got a signal
    bool save = false;                      ///< rank 0 asked for it
    std::optional<core::Error> wrong = {};  ///< to stop with: the loss is not finite or has a spike
};

/// The updates of a stage, one after the other. Every rank of the group makes the same calls.
class StageLoop {
  public:
    /// @param peak flops per second of one rank; 0: there is no MFU
    StageLoop(const Stage& stage, comm::TensorComm& comm, double peak);

    std::int64_t updates() const { return schedule_.updates; }
    std::int64_t done() const { return model_.optimizer->updates(); }
    const StageData& data() const { return data_; }
    StageModel& model() { return model_; }
    LossWatch& watch() { return watch_; }

    /// To be called once, behind a restored optimizer or none: data begin to be prepared.
    void start();

    /// @param save rank 0 would like a checkpoint behind this update
    /// An update that is not finite changes nothing. @throws Error (input) if nothing is learned any more
    Step step(bool save);
    /// Resident bytes of this process before the model was there, but with the encoder.
    std::int64_t bytes_before_model() const { return bytes_before_model_; }

  private:
    /// What is added up over the ranks at the end of an update.
    struct Totals {
        double loss, samples, tokens, labels, bad, mismatches, stop, save, pairs, image_tokens;
    };

    std::vector<double> labels_of_groups(const PreparedUpdate& update) const;
    at::Tensor loss_of(const MicroBatch& batch, std::span<const at::Tensor> features, double divisor) const;
    at::Tensor backward(const MicroBatch& batch, double divisor);
    void add(const PreparedUpdate& update, Totals& totals) const;
    std::optional<core::Error> divergence_in(const Step& step, const PreparedUpdate& update);
    void check_labels(const Step& step);
    std::vector<SampleLoss> losses_of(const PreparedUpdate& update) const;
    std::vector<BadSample> gathered(const std::vector<BadSample>& mine) const;

    const Stage& stage_;
    comm::TensorComm& comm_;
    double peak_;
    StageData data_;
    std::int64_t bytes_before_model_;
    StageModel model_;
    CosineSchedule schedule_;
    LossWatch watch_;
    std::int64_t without_labels_ = 0;  ///< updates in a row
    std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace lvr::train
