// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <bit>
#include <numeric>
#include <string>
#include <vector>

#include "world.hpp"

using namespace lvr;
using test::world;

namespace {

struct Record {
    std::int64_t number = 0;
    std::string text;
    std::vector<double> values;
    std::vector<std::string> names;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& number& text& values& names;
    }
    friend bool operator==(const Record&, const Record&) = default;
};

Record record_of(int rank) {
    Record record{
        rank, std::string(static_cast<std::size_t>(rank) * 5, 'x') + std::string("\0\n", 2), {}, {}};
    for (int i = 0; i < rank; ++i) record.values.push_back(i / 3.0);
    if (rank % 2 == 1) record.names = {"", "one"};
    return record;
}

/// Pieces of this many bytes while it lives.
class MessageLimit {
  public:
    explicit MessageLimit(std::int64_t bytes) { world().limit_messages(bytes); }
    ~MessageLimit() { world().limit_messages(std::int64_t{1} << 30); }
};

}  // namespace

TEST_CASE("doubles are added in rank order and come out as the same bits everywhere", "[mpi]") {
    const std::vector<double> terms = {1e16, 1.0, -1e16, 3.0};  // the order matters
    std::vector<double> values = {terms[static_cast<std::size_t>(world().rank()) % 4],
                                  0.1 * (world().rank() + 1)};
    std::vector<double> expected(2, 0.0);
    for (int rank = 0; rank < world().size(); ++rank) {
        expected[0] += terms[static_cast<std::size_t>(rank) % 4];
        expected[1] += 0.1 * (rank + 1);
    }
    world().sum(std::span<double>(values));
    CHECK(values == expected);
    const auto all = world().all_gather(std::vector<std::uint64_t>{std::bit_cast<std::uint64_t>(values[0]),
                                                                   std::bit_cast<std::uint64_t>(values[1])});
    REQUIRE(static_cast<int>(all.size()) == world().size());
    for (const auto& one : all) CHECK(one == all.front());
}

TEST_CASE("whole numbers are added and compared", "[mpi]") {
    std::vector<std::int64_t> values(100);
    std::iota(values.begin(), values.end(), std::int64_t{world().rank()});
    world().sum(std::span<std::int64_t>(values));
    const std::int64_t ranks = world().size();
    for (std::int64_t i = 0; i < 100; ++i)
        CHECK(values[static_cast<std::size_t>(i)] == i * ranks + ranks * (ranks - 1) / 2);
    CHECK(world().max(world().rank() * 10 - 5) == (ranks - 1) * 10 - 5);
    CHECK(world().max(-world().rank()) == 0);
    std::vector<double> nothing;
    world().sum(std::span<double>(nothing));
    world().barrier();
}

TEST_CASE("records and empty texts travel from any root", "[mpi]") {
    for (int root = 0; root < world().size(); ++root) {
        Record record = record_of(world().rank());
        world().broadcast(record, root);
        CHECK(record == record_of(root));
        std::string bytes = world().rank() == root ? "" : "to be replaced";
        world().broadcast_bytes(bytes, root);
        CHECK(bytes.empty());
        const auto gathered = world().gather(record_of(world().rank()), root);
        CHECK(gathered.size() == (world().rank() == root ? static_cast<std::size_t>(world().size()) : 0));
        for (std::size_t rank = 0; rank < gathered.size(); ++rank)
            CHECK(gathered[rank] == record_of(static_cast<int>(rank)));
    }
    const auto everywhere = world().all_gather(record_of(world().rank()));
    REQUIRE(static_cast<int>(everywhere.size()) == world().size());
    for (int rank = 0; rank < world().size(); ++rank)
        CHECK(everywhere[static_cast<std::size_t>(rank)] == record_of(rank));
    const auto texts = world().all_gather_bytes("");
    CHECK(texts == std::vector<std::string>(static_cast<std::size_t>(world().size())));
}

TEST_CASE("messages longer than the limit arrive whole, in pieces", "[mpi]") {
    int checked = 0;
    for (const std::int64_t limit : {5, 16}) {
        const MessageLimit pieces(limit);
        for (const std::size_t length : {0, 1, 4, 5, 6, 16, 17, 40}) {
            const auto text_of = [&](int rank) {
                std::string text;
                for (std::size_t i = 0; i < length + static_cast<std::size_t>(rank); ++i)
                    text += static_cast<char>(i * 13 + static_cast<std::size_t>(rank));
                return text;
            };
            std::string sent = text_of(world().rank());
            const auto all = world().all_gather_bytes(sent);
            for (int rank = 0; rank < world().size(); ++rank)
                CHECK(all[static_cast<std::size_t>(rank)] == text_of(rank));
            world().broadcast_bytes(sent, world().size() - 1);
            CHECK(sent == text_of(world().size() - 1));
            std::vector<std::int64_t> numbers(length, world().rank() + 1);
            world().sum(std::span<std::int64_t>(numbers));
            const std::int64_t total = world().size() * (world().size() + 1) / 2;
            CHECK(numbers == std::vector<std::int64_t>(length, total));
            ++checked;
        }
    }
    CHECK(checked == 16);
}

TEST_CASE("a group is split by colour and ordered by key", "[mpi]") {
    const int color = world().rank() % 2;
    const auto half = world().split(color, -world().rank());
    const auto members = half.all_gather(static_cast<std::int64_t>(world().rank()));
    std::vector<std::int64_t> expected;
    for (int rank = world().size() - 1; rank >= 0; --rank) {
        if (rank % 2 == color) expected.push_back(rank);
    }
    if (world().size() == 1) expected = {0};
    CHECK(members == expected);
    CHECK(half.size() == static_cast<int>(expected.size()));
    const par::Comm copy = half;
    CHECK(copy.group() == half.group());
    if (world().group() != nullptr) CHECK(half.group() != world().group());
}
