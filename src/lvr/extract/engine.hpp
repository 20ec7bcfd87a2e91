// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <lvr/data/catalog.hpp>
#include <lvr/extract/representation.hpp>
#include <lvr/extract/shard_buffer.hpp>

namespace lvr::extract {

struct EngineSpec {
    const data::Catalog& catalog;
    const std::vector<Representation>& representations;
    bool flip = false;
    bool strict = false;  ///< an image that cannot be used is an error
    at::Device device = at::kCPU;
    int threads = 1;
    int batch = 1;           ///< images per step; with `one_by_one` without meaning
    bool one_by_one = true;  ///< each thread takes an image all the way, on its own core; else threads
                             ///< prepare images and two more feed the device in batches
    int most_shards = 3;     ///< held at once: being written, computed, begun
    /// Puts a finished shard in place; called by one thread.
    std::function<void(const ShardBuffer&)> write;
    /// The computing threads waited for a stage for so long, in seconds; from any thread.
    std::function<void(const std::string& stage, double seconds)> waited = [](const std::string&, double) {};
};

inline constexpr int k_feeding_threads = 2;  ///< while one copies results, the other keeps the device busy

/// Turns the images of shards into features: reading, decoding, computing and writing overlap, also from one
/// shard to the next. The features do not depend on threads or batches where images are taken one by one.
class Engine {
  public:
    /// What is referred to must outlive the engine. @throws Error (resource) if the system gives no more
    /// threads
    explicit Engine(const EngineSpec& spec);
    /// Abandons what is not complete, once the part that is being written is in place.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Hands in the next shard; returns when the ones before are nearly done. At most `most_shards` are held.
    /// @throws what went wrong with any image or part since; Error (interrupted) once a signal has come
    void submit(std::int64_t shard, par::Range images, std::vector<const Representation*> targets);

    /// Waits until everything is in place. @throws as submit
    void drain();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace lvr::extract
