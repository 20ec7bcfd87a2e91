// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <lvr/eval/task_data.hpp>
#include <lvr/eval/task_report.hpp>
#include <lvr/eval/trained_model.hpp>
#include <lvr/run/shard_folder.hpp>

namespace lvr::eval {

/// One model's evaluation among the ranks of a group. Answers lie in OUT/<model>/<task>: see
/// files/answers.hpp and, for caption_loglik, files/caption_loglik.hpp; beside the parts
/// timing/part-000123.json, what each took.
class ModelRun {
  public:
    /// What is referred to must outlive it.
    ModelRun(const EvalConfig& config, const par::Comm& group, const TrainedFolder& trained,
             const Resources& resources)
        : config_(config), group_(group), trained_(trained), resources_(resources) {}

    /// Collective over the group: asks what is left to ask of a benchmark, and scores it.
    /// @param task the same on every rank
    /// @return on the group's first rank; empty on the others
    /// @throws Error on every rank of the group: (interrupted) after a signal; what is wrong with the data or
    /// the model
    TaskReport run_benchmark(const TaskData& task);

    /// Collective over the group: log-likelihoods of captions under stage 1's model.
    TaskReport run_captions();

  private:
    const ModelFiles& files_of(Trained stage);
    /// Collective over the group: loads the model on every rank, if that was not done before. None answers
    /// before all are known to be well.
    const LoadedModel& loaded(Trained stage);
    std::filesystem::path folder_of(const std::string& task, Trained stage) const;
    using WritePart = std::function<void(const std::filesystem::path& part)>;
    /// Collective over the group: calls `work` for the parts that are missing, and what it returns to write
    /// them.
    void fill(const run::ShardFolder& folder, const std::string& unit,
              const std::function<WritePart(par::Range items)>& work);
    double gpu_hours(const std::filesystem::path& folder) const;

    const EvalConfig& config_;
    const par::Comm& group_;
    const TrainedFolder& trained_;
    Resources resources_;
    Trained opened_ = Trained::finetune;
    std::unique_ptr<const ModelFiles> files_;
    std::unique_ptr<const LoadedModel> loaded_;
};

}  // namespace lvr::eval
