// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <lvr/par/comm.hpp>

namespace lvr::par {

/// How a WorkQueue gives its items away.
enum class Handout {
    on_demand,  ///< each rank gets the next one when it asks: needs MPI_THREAD_MULTIPLE
    blocks,     ///< rank r of R gets block(items, R, r), whatever it needs for one; no messages at all
};

/// Hands out items to ranks as they ask: a thread on rank 0 serves ordinary messages on a communicator of its
/// own, so a slow rank does not hold the rest. It sleeps between looks, and so does who waits for it. Serial:
/// no thread, no MPI.
/// Where MPI gives less than MPI_THREAD_MULTIPLE the items are cut into blocks beforehand, and the log says
/// so: then `stop` reaches the own rank only, and the reports of ranks above 0 are dropped.
/// Each member may be called from any thread.
class WorkQueue {
  public:
    /// Collective. `items` as rank 0 has them. @throws PeerFailure
    WorkQueue(const Comm& comm, std::vector<std::int64_t> items, Handout handout = Handout::on_demand);

    /// Not collective: a rank may leave early, without ever asking, or while an exception unwinds, which
    /// stops the queue. Rank 0 goes on serving until all have left: here, or, if an exception unwinds, beside
    /// whatever follows, at the latest until the session ends.
    ~WorkQueue();
    WorkQueue(const WorkQueue&) = delete;
    WorkQueue& operator=(const WorkQueue&) = delete;

    /// The next item for this rank; nullopt: nothing is left, or someone called stop().
    std::optional<std::int64_t> next();

    /// No rank gets anything more: a rank failed, or a signal came.
    void stop();

    /// Once `next` gave nothing: because of a stop(), not because nothing is left.
    bool is_stopped() const;

    /// Waits, without eating a core, until every rank has called it or left, or one has failed. Nobody has to
    /// call it.
    void finish();

    /// Tells rank 0 something: bytes of any meaning, which `on_report` gets there.
    void report(const std::string& bytes);

    /// Rank 0: who is called, one report at a time, with the sender's rank: in the service thread, or for
    /// rank 0's own reports in the thread that reports. Reports before that are dropped. An empty function:
    /// nobody, and the last call is over when this returns.
    void on_report(std::function<void(int rank, const std::string& bytes)> callback);

    /// False if there are no messages: reports of ranks above 0 do not arrive.
    bool carries_reports() const;

    struct Service;  // what all the calls of one rank share, and on rank 0 the thread with them

  private:
    std::shared_ptr<Service> service_;
    int exceptions_before_;
};

}  // namespace lvr::par
