// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <csignal>
#include <string>

namespace lvr::files {

/// While it lives, a crash inside the HDF5 library ends the process with a message that names the file and
/// the exit status of a bad input (3), not with a core dump: libhdf5 1.10.8 divides by sizes that it finds in
/// a damaged file, before we can look at them (tests/fuzz/README.md). A crash in our own code stays what it
/// is. Not nested; one thread at a time reads HDF5.
class CrashMessage {
  public:
    /// @param file its name, for the message
    explicit CrashMessage(const std::string& file);
    ~CrashMessage();
    CrashMessage(const CrashMessage&) = delete;
    CrashMessage& operator=(const CrashMessage&) = delete;

  private:
    static constexpr std::array<int, 3> k_signals = {SIGFPE, SIGSEGV, SIGBUS};
};

}  // namespace lvr::files
