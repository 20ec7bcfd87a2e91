// SPDX-License-Identifier: Apache-2.0
#include <lvr/run/lease.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

#include <lvr/core/error.hpp>
#include <lvr/core/log.hpp>

#include "lease_holder.hpp"

namespace lvr::run {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr auto k_second_look = milliseconds(1000);

[[noreturn]] void fail(const fs::path& file, int code) {
    throw core::output_error(file.string() + ": cannot be written (" + std::strerror(code) + ")",
                             "it keeps two jobs from filling the folder at once",
                             code == ENOSPC || code == EDQUOT
                                 ? "free some space, or write to another disk"
                                 : "check the folder's permissions and the disk");
}

milliseconds time_of(const struct stat& status) {
    return std::chrono::duration_cast<milliseconds>(std::chrono::seconds(status.st_mtim.tv_sec) +
                                                    std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

struct Seen {
    std::string text;
    milliseconds touched{};
};

/// What a file says, and when it was last touched, by the clock of its file system; nothing if it is not
/// there. Opening it makes NFS ask the server.
std::optional<Seen> look_at(const fs::path& file) {
    constexpr std::size_t most = 16384;
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        if (errno == ENOENT || errno == ESTALE) return std::nullopt;
        fail(file, errno);
    }
    Seen seen;
    struct stat status {};
    std::string text(most, '\0');
    const ssize_t count = ::read(descriptor, text.data(), text.size());
    const int code = count < 0 || fstat(descriptor, &status) != 0 ? errno : 0;
    close(descriptor);
    if (code == ESTALE) return std::nullopt;
    if (code != 0) fail(file, code);
    text.resize(static_cast<std::size_t>(count));
    return Seen{text, time_of(status)};
}

/// A file of this content that was not there before. @return 0 or the error's code
int write_new(const fs::path& file, const std::string& text) {
    const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor < 0) return errno;
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    int code = written < 0 ? errno : 0;
    if (written >= 0 && static_cast<std::size_t>(written) != text.size()) code = ENOSPC;
    if (fsync(descriptor) != 0 && code == 0) code = errno;
    if (close(descriptor) != 0 && code == 0) code = errno;
    if (code != 0) unlink(file.c_str());
    return code;
}

bool cannot_link(int code) { return code == EPERM || code == EOPNOTSUPP || code == EMLINK || code == ENOSYS; }

/// The attempts of one process to get one lease.
class Attempt {
  public:
    Attempt(const fs::path& folder, const LeaseRules& rules)
        : lease_(folder / "lease.json"),
          rules_(rules),
          me_(this_holder()),
          text_(to_json_text(me_)),
          mine_(folder / (".lvr-tmp-lease-" + me_.token)),
          taken_(folder / (".lvr-tmp-lease-taken-" + me_.token)) {}

    const fs::path& file() const { return lease_; }
    const std::string& text() const { return text_; }

    /// @throws Error (output) if another job has it
    void run() {
        constexpr int most_tries = 100;  // others may come and go meanwhile
        for (int i = 0; i < most_tries; ++i) {
            if (place() && is_still_mine()) return;
            const auto seen = look_at(lease_);
            if (seen && !take_away(*seen)) continue;
        }
        throw core::output_error(lease_.string() + ": cannot be had", "other jobs keep taking it",
                                 "start one job per output folder");
    }

  private:
    /// Another who saw a dead holder's lease may have moved ours for it, and before it was put back a third
    /// may have come in between. Whoever does that does it at once, so a while later it is settled who has
    /// it.
    bool is_still_mine() const {
        std::this_thread::sleep_for(std::chrono::milliseconds(150));
        const auto seen = look_at(lease_);
        return seen && seen->text == text_;
    }

    /// Puts our lease in place if there is none. A link is made or not, at once, also over NFS.
    bool place() {
        if (const int code = write_new(mine_, text_)) fail(lease_, code);
        struct stat status {};
        if (stat(mine_.c_str(), &status) == 0) now_ = time_of(status);
        const int linked = link(mine_.c_str(), lease_.c_str()) == 0 ? 0 : errno;
        // NFS may do it and lose the answer; the count of names tells.
        const bool has_two_names = stat(mine_.c_str(), &status) == 0 && status.st_nlink == 2;
        unlink(mine_.c_str());
        if (linked == 0 || has_two_names) return true;
        // Whoever holds the lease tidies up, also what others have begun.
        if (linked == EEXIST || linked == ENOENT) return false;
        if (!cannot_link(linked)) fail(lease_, linked);
        const int code = write_new(lease_, text_);
        if (code != 0 && code != EEXIST) fail(lease_, code);
        return code == 0;
    }

    /// Removes the lease that was seen if its holder is dead. @return false if it was another's by then
    bool take_away(const Seen& seen) const {
        const auto holder = holder_in(seen.text);
        const auto age = now_ - seen.touched;
        const auto reason = why_dead(holder, age, me_, rules_);
        if (!reason) refuse(holder, age);
        if (rename(lease_.c_str(), taken_.c_str()) != 0) return false;
        const auto moved = look_at(taken_);
        const bool is_the_same = moved && moved->text == seen.text;
        // Someone was quicker, and it is that one's new lease: back with it.
        if (!is_the_same && link(taken_.c_str(), lease_.c_str()) != 0)
            core::warn("{}: the lease of a job that started at the same moment is lost", lease_.string());
        unlink(taken_.c_str());
        if (is_the_same)
            core::info("{}: taken over from {}: {}", lease_.parent_path().string(), described(holder),
                       *reason);
        return is_the_same;
    }

    [[noreturn]] void refuse(const std::optional<LeaseHolder>& holder, milliseconds age) const {
        const auto seconds = [](milliseconds time) {
            return std::chrono::duration_cast<std::chrono::seconds>(std::max(time, milliseconds(0))).count();
        };
        throw core::output_error(
            fmt::format("{}: another job is filling this folder: {}; last sign of life {} s ago",
                        lease_.parent_path().string(), described(holder), seconds(age)),
            "two jobs would do the same work twice",
            fmt::format("wait until it ends, or stop it; if it is dead, start again in {} s, or remove {}",
                        seconds(rules_.stale_after - age) + 1, lease_.filename().string()));
    }

    fs::path lease_;
    LeaseRules rules_;
    LeaseHolder me_;
    std::string text_;
    fs::path mine_, taken_;
    milliseconds now_{};  // of the file system
};

}  // namespace

struct Lease::State {
    fs::path file;
    std::string text;
    LeaseRules rules;
    mutable std::mutex mutex;
    std::condition_variable changed;
    bool ends = false, lost = false;
    std::thread thread;

    bool is_ours() const {
        try {
            const auto seen = look_at(file);
            return seen && seen->text == text;
        } catch (const core::Error& error) {  // the disk is away for a while
            core::warn("{}", error.what());
            return true;
        }
    }

    /// @return true if the end came meanwhile
    bool sleep(milliseconds time) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, time, [&] { return ends; });
    }

    void beat() {
        while (!sleep(rules.heartbeat)) {
            if (is_ours()) {
                utimensat(AT_FDCWD, file.c_str(), nullptr, 0);  // the time of the file server
                continue;
            }
            // One who starts may have it in hand for a moment.
            if (sleep(std::min(k_second_look, rules.heartbeat)) || is_ours()) continue;
            const std::lock_guard lock(mutex);
            lost = true;
            return;
        }
    }
};

Lease::Lease(const fs::path& folder, const LeaseRules& rules) : state_(std::make_unique<State>()) {
    Attempt attempt(folder, rules);
    attempt.run();
    state_->file = attempt.file();
    state_->text = attempt.text();
    state_->rules = rules;
    try {
        state_->thread = std::thread([state = state_.get()] { state->beat(); });
    } catch (...) {
        unlink(state_->file.c_str());
        throw;
    }
}

Lease::~Lease() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->ends = true;
    }
    state_->changed.notify_all();
    state_->thread.join();
    if (!state_->lost && state_->is_ours()) unlink(state_->file.c_str());
}

void Lease::expect_held() const {
    const std::lock_guard lock(state_->mutex);
    if (!state_->lost) return;
    throw core::output_error(
        state_->file.string() + ": is no longer ours",
        "another job took it, as this one gave no sign of life, or it was removed by hand",
        "let the other job go on, or start this one again; finished parts are kept");
}

}  // namespace lvr::run
