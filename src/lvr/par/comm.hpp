// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <lvr/core/error.hpp>

namespace lvr::par {

/// What a collective call throws when another rank of the group has failed and will not take part: `together`
/// turns it into that rank's own error.
class PeerFailure : public core::Error {
  public:
    PeerFailure(const void* group, bool is_here);
    /// What went wrong on this rank, which has heard the others' word about a failure, or said its own.
    PeerFailure(const void* group, core::ErrorKind kind, const std::string& message)
        : core::Error(kind, message), group_(group), is_here_(true) {}
    const void* group() const { return group_; }
    bool is_here() const { return is_here_; }  ///< it is this rank that failed, and this says how

  private:
    const void* group_;
    bool is_here_;
};

/// A group of ranks that work together. The default one is serial: one rank, and every operation below does
/// what it would among one. Nobody asks how many there are before calling. A copy is another handle on the
/// same group. Every call but rank() and size() is collective: all ranks of the group make it, in the same
/// order. Each begins with a word about failures, so a rank that has failed inside `together` is not waited
/// for.
/// @throws PeerFailure if another rank has failed; Error (internal) naming the MPI call that failed
class Comm {
  public:
    Comm() = default;

    int rank() const;
    int size() const;
    void barrier() const;

    /// Sums over the ranks, element by element, in place. Doubles are added in rank order on one rank and
    /// broadcast, so that the sum is the same bits on every rank.
    void sum(std::span<double> values) const;
    void sum(std::span<std::int64_t> values) const;
    std::int64_t max(std::int64_t value) const;

    /// Bytes of `root` to every rank; `bytes` may have any length on the others.
    void broadcast_bytes(std::string& bytes, int root = 0) const;
    /// The bytes of every rank in rank order, on every rank.
    std::vector<std::string> all_gather_bytes(const std::string& bytes) const;

    /// A value of `root` to every rank. T: anything that Boost.Serialization knows.
    template <class T>
    void broadcast(T& value, int root = 0) const {
        std::string bytes = rank() == root ? packed(value) : std::string();
        broadcast_bytes(bytes, root);
        if (rank() != root) value = unpacked<T>(bytes);
    }

    /// The values of all ranks in rank order, on every rank.
    template <class T>
    std::vector<T> all_gather(const T& value) const {
        std::vector<T> values;
        for (const auto& bytes : all_gather_bytes(packed(value))) values.push_back(unpacked<T>(bytes));
        return values;
    }

    /// The values of all ranks in rank order on `root`; empty on the others.
    template <class T>
    std::vector<T> gather(const T& value, int root = 0) const {
        std::vector<T> values;
        for (const auto& bytes : gather_bytes(packed(value), root)) values.push_back(unpacked<T>(bytes));
        return values;
    }
    std::vector<std::string> gather_bytes(const std::string& bytes, int root = 0) const;

    // Of large buffers, which neither allocate nor copy what they need not.
    /// Sums over the ranks, element by element, of which each rank gets its part: rank r elements
    /// [r * part.size(), (r + 1) * part.size()) of the sum. @param all [size() * part.size()]
    void reduce_scatter(std::span<const float> all, std::span<float> part) const;
    /// The parts of all ranks in rank order, on every rank; the own one may lie in its place in `all`.
    /// @param all [size() * part.size()]
    void all_gather(std::span<const std::byte> part, std::span<std::byte> all) const;
    /// The bytes of `root`, in place.
    void broadcast_in_place(std::span<std::byte> bytes, int root = 0) const;

    /// The same ranks as a group of their own, whose collective calls do not mix with those of this one.
    Comm duplicate() const { return split(0, rank()); }

    /// The ranks that gave the same `color`, ordered by `key`, then by rank.
    Comm split(int color, int key) const;

    /// The word about failures with which every collective call begins. @return true if any rank says that it
    /// failed
    bool any_failed(bool mine) const;
    /// Whether several threads of a process may be in calls of different groups at once.
    bool takes_threads() const;
    /// Tells groups apart: the same for copies, null if serial.
    const void* group() const { return handle_.get(); }

    /// Longer messages are sent in pieces of this many bytes (the default is 1 GiB); the same on every rank.
    void limit_messages(std::int64_t bytes) const;

  private:
    friend class Session;
    friend class WorkQueue;
    struct Handle;  // owns the MPI communicator
    explicit Comm(std::shared_ptr<Handle> handle) : handle_(std::move(handle)) {}

    void start() const;  // throws PeerFailure if any rank has failed
    void prepare(const std::function<void()>& allocate) const;
    void broadcast_pieces(std::span<std::byte> bytes, int root) const;
    void send_pieces(const std::string& bytes, int to) const;
    void receive_pieces(std::string& bytes, int from) const;

    template <class T>
    static std::string packed(const T& value) {
        std::ostringstream stream;
        boost::archive::binary_oarchive(stream, boost::archive::no_header) << value;
        return std::move(stream).str();
    }
    template <class T>
    static T unpacked(const std::string& bytes) {
        std::istringstream stream(bytes);
        T value{};
        boost::archive::binary_iarchive(stream, boost::archive::no_header) >> value;
        return value;
    }

    std::shared_ptr<Handle> handle_;  // null = serial
};

}  // namespace lvr::par
