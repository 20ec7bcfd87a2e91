// SPDX-License-Identifier: Apache-2.0
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <lvr/comm/mpi_tensor_comm.hpp>
#include <lvr/core/error.hpp>
#include <lvr/par/together.hpp>

#include "world.hpp"

using namespace lvr;
using test::world;

namespace {

/// Element i of rank r: small whole numbers, so that sums are exact in bfloat16 too.
at::Tensor ramp(std::int64_t length, int rank, at::ScalarType type) {
    return at::arange(length, at::kFloat).remainder(7).add(rank).to(type);
}

at::Tensor sum_of_ramps(std::int64_t length, at::ScalarType type) {
    auto sum = at::zeros({length}, at::kFloat);
    for (int rank = 0; rank < world().size(); ++rank) sum = sum.add(ramp(length, rank, at::kFloat));
    return sum.to(type);
}

/// One for each way in which operations are done.
std::vector<std::unique_ptr<comm::TensorComm>> all_comms() {
    std::vector<std::unique_ptr<comm::TensorComm>> all;
    for (const auto progress : {comm::Progress::on_a_thread, comm::Progress::at_once})
        all.push_back(comm::make_mpi_tensor_comm(world(), progress));
    return all;
}

/// That each operation gives what it is to give.
void check_collectives(comm::TensorComm& comm, at::ScalarType type) {
    const auto ranks = comm.size(), rank = comm.rank();
    const std::int64_t length = 41;
    const auto mine = ramp(ranks * length, rank, type);
    const auto part = at::empty({length}, mine.options());
    const auto sum = sum_of_ramps(ranks * length, type);
    comm.reduce_scatter(mine, part).wait();
    CHECK(at::equal(part, sum.narrow(0, rank * length, length)));
    const auto all = at::zeros({ranks * length}, mine.options());
    comm.all_gather(part, all).wait();
    CHECK(at::equal(all, sum));
    comm.all_reduce(mine).wait();
    CHECK(at::equal(mine, sum));
    const auto from = at::full({3, 5}, static_cast<double>(rank), mine.options());
    comm.broadcast(from, ranks - 1).wait();
    CHECK(at::equal(from, at::full({3, 5}, static_cast<double>(ranks - 1), mine.options())));
}

}  // namespace

TEST_CASE("what collectives give, in float32 and bfloat16, in few or many messages", "[mpi]") {
    int checked = 0;
    for (const std::int64_t limit : {std::int64_t{64}, std::int64_t{1} << 30}) {
        world().limit_messages(limit);
        for (const auto& comm : all_comms()) {
            comm->group().limit_messages(limit);
            for (const auto type : {at::kFloat, at::kBFloat16}) {
                check_collectives(*comm, type);
                ++checked;
            }
        }
    }
    world().limit_messages(std::int64_t{1} << 30);
    CHECK(checked == 8);
}

TEST_CASE("operations are done in the order in which they were begun", "[mpi]") {
    const auto comm = comm::make_tensor_comm(world(), at::kCPU);
    std::vector<at::Tensor> values;
    std::vector<comm::Pending> pending;
    for (int i = 0; i < 50; ++i) {
        values.push_back(at::full({comm->size() * 1000}, static_cast<double>(i), at::kFloat));
        pending.push_back(comm->all_reduce(values.back()));
    }
    for (std::size_t i = values.size(); i-- > 0;) {
        pending[i].wait();
        CHECK(values[i].min().item<float>() == static_cast<float>(i) * static_cast<float>(comm->size()));
        CHECK(values[i].max().item<float>() == static_cast<float>(i) * static_cast<float>(comm->size()));
    }
}

TEST_CASE("a rank that fails frees those that wait in a collective", "[mpi]") {
    const auto comm = comm::make_tensor_comm(world(), at::kCPU);
    if (comm->size() == 1) return;
    const auto body = [&] {
        std::vector<comm::Pending> pending;
        for (int i = 0; i < 5; ++i) {
            pending.push_back(comm->all_reduce(at::zeros({comm->size() * 10}, at::kFloat)));
            if (i == 2 && comm->rank() == comm->size() - 1)
                throw core::input_error("this rank's disk is gone");
        }
        for (auto& one : pending) one.wait();
    };
    const auto guarded = [&] {
        try {
            body();
        } catch (...) {
            comm->abandon();
            throw;
        }
    };
    CHECK_THROWS_WITH(par::together(comm->group(), guarded), Catch::Contains("disk is gone"));
    const auto values = at::full({comm->size()}, 1.0, at::kFloat);
    comm->all_reduce(values).wait();  // and the group still works
    CHECK(values[0].item<float>() == static_cast<float>(comm->size()));
}

namespace {

/// Every rank begins as many operations as its place in the world says, and fails. @return what it was told
std::string failing_apart(comm::TensorComm& comm, bool backwards, std::chrono::milliseconds pause) {
    const int begun = 1 + (backwards ? comm.size() - 1 - comm.rank() : comm.rank());
    const auto body = [&] {
        for (int i = 0; i < begun; ++i) comm.all_reduce(at::zeros({comm.size() * 10}, at::kFloat));
        std::this_thread::sleep_for(pause * begun);  // the others' word is heard before this rank has its own
        if (begun > 1 || comm.size() == 1) throw std::bad_alloc();
        throw core::input_error("this rank's disk is gone");
    };
    try {
        par::together(comm.group(), [&] {
            try {
                body();
            } catch (...) {
                comm.abandon();
                throw;
            }
        });
    } catch (const par::CollectiveError& error) {
        return error.what();
    }
    return "nothing";
}

}  // namespace

TEST_CASE("ranks that fail at different operations all say so, and none waits", "[mpi]") {
    int failed = 0;
    for (const auto& comm : all_comms()) {
        for (const auto& [backwards, pause] : {std::pair{false, 0}, {true, 0}, {false, 20}, {true, 20}}) {
            const auto told = failing_apart(*comm, backwards, std::chrono::milliseconds(pause));
            INFO(told);
            const int first = comm->size() == 1 || backwards ? 0 : 1;  // rank 0 began most, or least
            CHECK_THAT(told, Catch::StartsWith(first == 0 ? "out of memory" : "this rank's disk is gone"));
            if (comm->size() > 1) CHECK_THAT(told, Catch::Contains("ranks:  0, 1"));
            const auto values = at::full({comm->size()}, 1.0, at::kFloat);
            comm->all_reduce(values).wait();  // and the group still works
            CHECK(values[0].item<float>() == static_cast<float>(comm->size()));
            ++failed;
        }
    }
    CHECK(failed == 8);
}
