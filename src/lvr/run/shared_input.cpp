// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/shared_input.hpp>

#include <lvr/par/together.hpp>

namespace lvr::run {

files::Input shared_input(const par::Comm& comm, const std::string& file) {
    return par::together(comm, [&] {
        const bool reads = comm.rank() == 0;
        files::Input input;
        if (reads) input = files::read_input(file);
        // Packing doubles the memory, which one rank alone need not spend.
        std::string bytes = reads && comm.size() > 1 ? files::packed(input) : "";
        comm.broadcast_bytes(bytes);
        return reads ? std::move(input) : files::unpacked(bytes);
    });
}

}  // namespace lvr::run
