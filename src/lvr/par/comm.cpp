// SPDX-License-Identifier: Apache-2.0
#include <lvr/par/comm.hpp>

#include <algorithm>
#include <limits>
#include <new>

#include "comm_handle.hpp"
#include "mpi_call.hpp"

namespace lvr::par {
namespace {

constexpr std::int64_t k_most_summed = 8 << 20;  // bytes of one call to MPI

/// Calls `part(offset, count)` for pieces of at most `most`, which MPI can count.
template <class Part>
void in_pieces(std::int64_t length, std::int64_t most, Part part) {
    for (std::int64_t done = 0; done < length; done += most) {
        part(done, static_cast<int>(std::min(most, length - done)));
    }
}

}  // namespace

Comm::Handle::Handle(MPI_Comm from, bool own) : comm(from), owned(own) {
    checked(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    checked(MPI_Comm_rank(comm, &rank), "MPI_Comm_rank");
    checked(MPI_Comm_size(comm, &size), "MPI_Comm_size");
}

Comm::Handle::~Handle() {
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (owned && finalized == 0) MPI_Comm_free(&comm);
}

PeerFailure::PeerFailure(const void* group, bool is_here)
    : core::Error(is_here ? core::ErrorKind::resource : core::ErrorKind::internal,
                  is_here ? "out of memory for a message of another rank" : "another rank has failed"),
      group_(group),
      is_here_(is_here) {}

int Comm::rank() const { return handle_ ? handle_->rank : 0; }

int Comm::size() const { return handle_ ? handle_->size : 1; }

bool Comm::takes_threads() const {
    int provided = MPI_THREAD_MULTIPLE;
    if (handle_) checked(MPI_Query_thread(&provided), "MPI_Query_thread");
    return provided >= MPI_THREAD_MULTIPLE;
}

bool Comm::any_failed(bool mine) const {
    int any = mine ? 1 : 0;
    if (handle_)
        checked(MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, handle_->comm), "MPI_Allreduce");
    return any != 0;
}

void Comm::start() const {
    if (any_failed(false)) throw PeerFailure(group(), false);
}

void Comm::barrier() const { start(); }

void Comm::sum(std::span<double> values) const {
    if (!handle_) return;
    // MPI_Allreduce may add in another order on each rank or message size; the bits must not depend on that.
    const std::string bytes(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    std::vector<double> total(values.size(), 0.0);
    for (const auto& part : gather_bytes(bytes)) {
        const auto* numbers = reinterpret_cast<const double*>(part.data());
        for (std::size_t i = 0; i < total.size(); ++i) total[i] += numbers[i];
    }
    std::string result(reinterpret_cast<const char*>(total.data()), values.size_bytes());
    broadcast_bytes(result);
    std::copy_n(reinterpret_cast<const double*>(result.data()), values.size(), values.begin());
}

void Comm::sum(std::span<std::int64_t> values) const {
    if (!handle_) return;
    start();
    const auto most =
        std::max<std::int64_t>(1, handle_->largest_message / static_cast<std::int64_t>(sizeof(std::int64_t)));
    in_pieces(static_cast<std::int64_t>(values.size()), most, [&](std::int64_t at, int count) {
        checked(MPI_Allreduce(MPI_IN_PLACE, values.data() + at, count, MPI_INT64_T, MPI_SUM, handle_->comm),
                "MPI_Allreduce");
    });
}

std::int64_t Comm::max(std::int64_t value) const {
    if (!handle_) return value;
    start();
    checked(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_MAX, handle_->comm), "MPI_Allreduce");
    return value;
}

void Comm::broadcast_bytes(std::string& bytes, int root) const {
    if (!handle_) return;
    start();
    auto length = static_cast<std::int64_t>(bytes.size());
    checked(MPI_Bcast(&length, 1, MPI_INT64_T, root, handle_->comm), "MPI_Bcast");
    prepare([&] { bytes.resize(static_cast<std::size_t>(length)); });
    broadcast_pieces(std::as_writable_bytes(std::span(bytes)), root);
}

std::vector<std::string> Comm::gather_bytes(const std::string& bytes, int root) const {
    if (!handle_) return {bytes};
    start();
    auto length = static_cast<std::int64_t>(bytes.size());
    std::vector<std::int64_t> lengths(static_cast<std::size_t>(size()));
    checked(MPI_Gather(&length, 1, MPI_INT64_T, lengths.data(), 1, MPI_INT64_T, root, handle_->comm),
            "MPI_Gather");
    std::vector<std::string> parts;
    prepare([&] {
        if (rank() == root)
            for (const auto part : lengths) parts.emplace_back(static_cast<std::size_t>(part), '\0');
    });
    if (rank() != root) {
        send_pieces(bytes, root);
        return parts;
    }
    for (int from = 0; from < size(); ++from) {
        auto& part = parts[static_cast<std::size_t>(from)];
        if (from == root)
            part = bytes;
        else
            receive_pieces(part, from);
    }
    return parts;
}

std::vector<std::string> Comm::all_gather_bytes(const std::string& bytes) const {
    std::vector<std::string> parts = gather_bytes(bytes);
    broadcast(parts);
    return parts;
}

void Comm::reduce_scatter(std::span<const float> all, std::span<float> part) const {
    const auto ranks = static_cast<std::size_t>(size());
    core::ensure(all.size() == ranks * part.size(), "a reduce_scatter of unequal parts");
    if (!handle_) {
        std::copy(all.begin(), all.end(), part.begin());
        return;
    }
    start();
    // In pieces: MPI holds what it sums a second and a third time.
    const auto most = std::max<std::int64_t>(1, std::min(handle_->largest_message, k_most_summed) /
                                                    static_cast<std::int64_t>(ranks * sizeof(float)));
    const auto length = static_cast<std::int64_t>(part.size());
    if (length <= most) {
        checked(MPI_Reduce_scatter_block(all.data(), part.data(), static_cast<int>(length), MPI_FLOAT,
                                         MPI_SUM, handle_->comm),
                "MPI_Reduce_scatter_block");
        return;
    }
    std::vector<float> piece;  // the same piece of every rank's part, side by side
    prepare([&] { piece.resize(ranks * static_cast<std::size_t>(most)); });
    in_pieces(length, most, [&](std::int64_t at, int count) {
        for (std::size_t rank = 0; rank < ranks; ++rank)
            std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(rank * part.size()) + at, count,
                        piece.begin() + static_cast<std::ptrdiff_t>(rank) * count);
        checked(MPI_Reduce_scatter_block(piece.data(), part.data() + at, count, MPI_FLOAT, MPI_SUM,
                                         handle_->comm),
                "MPI_Reduce_scatter_block");
    });
}

void Comm::all_gather(std::span<const std::byte> part, std::span<std::byte> all) const {
    core::ensure(all.size() == static_cast<std::size_t>(size()) * part.size(),
                 "an all_gather of unequal parts");
    std::byte* const own = all.data() + static_cast<std::size_t>(rank()) * part.size();
    if (part.data() != own) std::copy(part.begin(), part.end(), own);
    if (!handle_) return;
    start();
    const auto length = static_cast<std::int64_t>(part.size());
    if (length <= handle_->largest_message) {
        checked(MPI_Allgather(MPI_IN_PLACE, 0, MPI_BYTE, all.data(), static_cast<int>(length), MPI_BYTE,
                              handle_->comm),
                "MPI_Allgather");
        return;
    }
    for (int root = 0; root < size(); ++root)
        broadcast_pieces(all.subspan(static_cast<std::size_t>(root) * part.size(), part.size()), root);
}

void Comm::broadcast_in_place(std::span<std::byte> bytes, int root) const {
    if (!handle_) return;
    start();
    broadcast_pieces(bytes, root);
}

void Comm::broadcast_pieces(std::span<std::byte> bytes, int root) const {
    in_pieces(static_cast<std::int64_t>(bytes.size()), handle_->largest_message,
              [&](std::int64_t at, int count) {
                  checked(MPI_Bcast(bytes.data() + at, count, MPI_BYTE, root, handle_->comm), "MPI_Bcast");
              });
}

Comm Comm::split(int color, int key) const {
    if (!handle_) return {};
    start();
    MPI_Comm part = MPI_COMM_NULL;
    checked(MPI_Comm_split(handle_->comm, color, key, &part), "MPI_Comm_split");
    return Comm(std::make_shared<Handle>(part, true));
}

void Comm::limit_messages(std::int64_t bytes) const {
    core::ensure(bytes >= 1 && bytes <= std::numeric_limits<int>::max(),
                 "message limit outside MPI's counts");
    if (handle_) handle_->largest_message = bytes;
}

void Comm::send_pieces(const std::string& bytes, int to) const {
    in_pieces(static_cast<std::int64_t>(bytes.size()), handle_->largest_message,
              [&](std::int64_t at, int count) {
                  checked(MPI_Send(bytes.data() + at, count, MPI_BYTE, to, 0, handle_->comm), "MPI_Send");
              });
}

void Comm::receive_pieces(std::string& bytes, int from) const {
    in_pieces(
        static_cast<std::int64_t>(bytes.size()), handle_->largest_message, [&](std::int64_t at, int count) {
            checked(MPI_Recv(bytes.data() + at, count, MPI_BYTE, from, 0, handle_->comm, MPI_STATUS_IGNORE),
                    "MPI_Recv");
        });
}

void Comm::prepare(const std::function<void()>& allocate) const {
    bool failed = false;
    try {
        allocate();
    } catch (const std::bad_alloc&) {
        failed = true;
    }
    if (any_failed(failed)) throw PeerFailure(group(), failed);
}

}  // namespace lvr::par
