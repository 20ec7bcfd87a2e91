// SPDX-License-Identifier: Apache-2.0
#include <lvr/par/comm.hpp>

#include <algorithm>
#include <numeric>

#include "comm_handle.hpp"
#include "mpi_call.hpp"

namespace lvr::par {
namespace {

constexpr std::int64_t k_chunk = std::int64_t{1} << 30;  // MPI counts are int

/// Calls `part(offset, count)` for pieces that MPI can count.
template <class Part>
void in_chunks(std::int64_t length, Part part) {
    for (std::int64_t done = 0; done < length; done += k_chunk) {
        part(done, static_cast<int>(std::min(k_chunk, length - done)));
    }
}

void send_bytes(const std::string& bytes, int to, MPI_Comm comm) {
    in_chunks(static_cast<std::int64_t>(bytes.size()), [&](std::int64_t at, int count) {
        checked(MPI_Send(bytes.data() + at, count, MPI_BYTE, to, 0, comm), "MPI_Send");
    });
}

std::string receive_bytes(std::int64_t length, int from, MPI_Comm comm) {
    std::string bytes(static_cast<std::size_t>(length), '\0');
    in_chunks(length, [&](std::int64_t at, int count) {
        checked(MPI_Recv(bytes.data() + at, count, MPI_BYTE, from, 0, comm, MPI_STATUS_IGNORE), "MPI_Recv");
    });
    return bytes;
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

int Comm::rank() const { return handle_ ? handle_->rank : 0; }

int Comm::size() const { return handle_ ? handle_->size : 1; }

void Comm::barrier() const {
    if (handle_) checked(MPI_Barrier(handle_->comm), "MPI_Barrier");
}

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
    in_chunks(static_cast<std::int64_t>(values.size()), [&](std::int64_t at, int count) {
        checked(MPI_Allreduce(MPI_IN_PLACE, values.data() + at, count, MPI_INT64_T, MPI_SUM, handle_->comm), "MPI_Allreduce");
    });
}

std::int64_t Comm::max(std::int64_t value) const {
    if (handle_) checked(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_MAX, handle_->comm), "MPI_Allreduce");
    return value;
}

void Comm::broadcast_bytes(std::string& bytes, int root) const {
    if (!handle_) return;
    auto length = static_cast<std::int64_t>(bytes.size());
    checked(MPI_Bcast(&length, 1, MPI_INT64_T, root, handle_->comm), "MPI_Bcast");
    bytes.resize(static_cast<std::size_t>(length));
    in_chunks(length, [&](std::int64_t at, int count) {
        checked(MPI_Bcast(bytes.data() + at, count, MPI_BYTE, root, handle_->comm), "MPI_Bcast");
    });
}

std::vector<std::string> Comm::gather_bytes(const std::string& bytes, int root) const {
    if (!handle_) return {bytes};
    auto length = static_cast<std::int64_t>(bytes.size());
    std::vector<std::int64_t> lengths(static_cast<std::size_t>(size()));
    checked(MPI_Gather(&length, 1, MPI_INT64_T, lengths.data(), 1, MPI_INT64_T, root, handle_->comm), "MPI_Gather");
    if (rank() != root) {
        send_bytes(bytes, root, handle_->comm);
        return {};
    }
    std::vector<std::string> parts;
    for (int from = 0; from < size(); ++from) {
        parts.push_back(from == root ? bytes : receive_bytes(lengths[static_cast<std::size_t>(from)], from, handle_->comm));
    }
    return parts;
}

std::vector<std::string> Comm::all_gather_bytes(const std::string& bytes) const {
    std::vector<std::string> parts = gather_bytes(bytes);
    broadcast(parts);
    return parts;
}

Comm Comm::split(int color, int key) const {
    if (!handle_) return {};
    MPI_Comm part = MPI_COMM_NULL;
    checked(MPI_Comm_split(handle_->comm, color, key, &part), "MPI_Comm_split");
    return Comm(std::make_shared<Handle>(part, true));
}

}  // namespace lvr::par
