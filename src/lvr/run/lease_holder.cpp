// SPDX-License-Identifier: Apache-2.0
#include "lease_holder.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <lvr/core/json.hpp>
#include <lvr/files/utf8.hpp>

namespace lvr::run {
namespace {

std::string environment(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? "" : files::shown(text);
}

std::string first_line(const std::string& file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    return line;
}

std::string host_name() {
    char name[256] = "";
    gethostname(name, sizeof name - 1);
    return name;
}

std::string user_name() {
    const passwd* const entry = getpwuid(geteuid());
    return entry == nullptr ? std::to_string(geteuid()) : entry->pw_name;
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts = {};
    gmtime_r(&now, &parts);
    char text[32] = "";
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text;
}

std::string pid_namespace() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/ns/pid", ignored).string();
}

struct ProcessState {
    char letter = '?';  ///< 'Z': dead, but its parent has not looked yet
    std::int64_t start = 0;
};

/// Nothing if there is no such process, or no /proc.
std::optional<ProcessState> state_of(std::int64_t pid) {
    const std::string line = first_line("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t name_end = line.rfind(')');  // the name may hold anything
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream words(line.substr(name_end + 1));
    ProcessState state;
    words >> state.letter;
    std::string skipped;
    constexpr int fields_between = 18;  // of proc(5): 4 to 21
    for (int i = 0; i < fields_between; ++i) words >> skipped;
    words >> state.start;
    return state;
}

bool is_alive(const LeaseHolder& holder) {
    if (kill(static_cast<pid_t>(holder.pid), 0) != 0 && errno == ESRCH) return false;
    const auto state = state_of(holder.pid);
    if (!state) return true;  // no /proc to ask
    if (state->letter == 'Z' || state->letter == 'X') return false;
    return holder.pid_start == 0 || state->start == holder.pid_start;
}

bool is_on_this_machine(const LeaseHolder& holder, const LeaseHolder& me) {
    return !holder.boot_id.empty() && holder.boot_id == me.boot_id && holder.host == me.host &&
           holder.pid_namespace == me.pid_namespace;
}

/// The job was requeued since: its earlier start is over. (Two steps of one start may run side by side.)
bool is_earlier_start(const LeaseHolder& holder, const LeaseHolder& me) {
    return !holder.slurm_job.empty() && holder.slurm_job == me.slurm_job &&
           holder.slurm_cluster == me.slurm_cluster && holder.slurm_restarts != me.slurm_restarts;
}

}  // namespace

LeaseHolder this_holder() {
    LeaseHolder me;
    me.host = host_name();
    me.boot_id = first_line("/proc/sys/kernel/random/boot_id");
    me.pid_namespace = pid_namespace();
    me.pid = getpid();
    if (const auto state = state_of(me.pid)) me.pid_start = state->start;
    me.slurm_cluster = environment("SLURM_CLUSTER_NAME");
    me.slurm_job = environment("SLURM_JOB_ID");
    if (!me.slurm_job.empty()) {
        const std::string restarts = environment("SLURM_RESTART_COUNT");  // not set at the first start
        me.slurm_restarts = restarts.empty() ? "0" : restarts;
    }
    me.user = user_name();
    me.started = utc_now();
    std::random_device random;
    me.token = fmt::format("{:08x}{:08x}", random(), random());
    return me;
}

std::string to_json_text(const LeaseHolder& holder) {
    core::Json json;
    json["host"] = holder.host;
    json["pid"] = holder.pid;
    json["user"] = holder.user;
    json["started"] = holder.started;
    json["slurm_cluster"] = holder.slurm_cluster;
    json["slurm_job"] = holder.slurm_job;
    json["slurm_restarts"] = holder.slurm_restarts;
    json["boot_id"] = holder.boot_id;
    json["pid_namespace"] = holder.pid_namespace;
    json["pid_start"] = holder.pid_start;
    json["token"] = holder.token;
    return core::to_text(json) + "\n";
}

std::optional<LeaseHolder> holder_in(const std::string& text) {
    try {
        const core::Json json = core::parse_json(text, "lease");
        const auto word = [&](const char* key) { return json.at(key).get<std::string>(); };
        const auto whole = [&](const char* key) { return json.at(key).get<std::int64_t>(); };
        LeaseHolder holder;
        holder.host = word("host");
        holder.pid = whole("pid");
        holder.user = word("user");
        holder.started = word("started");
        holder.slurm_cluster = word("slurm_cluster");
        holder.slurm_job = word("slurm_job");
        holder.slurm_restarts = word("slurm_restarts");
        holder.boot_id = word("boot_id");
        holder.pid_namespace = word("pid_namespace");
        holder.pid_start = whole("pid_start");
        holder.token = word("token");
        if (holder.pid < 1 || holder.pid > INT32_MAX) return std::nullopt;
        return holder;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

std::string described(const std::optional<LeaseHolder>& holder) {
    if (!holder) return "unknown (lease.json is damaged)";
    const std::string job = holder->slurm_job.empty() ? "" : ", Slurm job " + files::shown(holder->slurm_job);
    return fmt::format("process {} on {} (user {}{}), since {}", holder->pid, files::shown(holder->host),
                       files::shown(holder->user), job, files::shown(holder->started));
}

std::optional<std::string> why_dead(const std::optional<LeaseHolder>& holder, std::chrono::milliseconds age,
                                    const LeaseHolder& me, const LeaseRules& rules) {
    if (holder && is_earlier_start(*holder, me)) return "it was an earlier start of this Slurm job";
    if (holder && is_on_this_machine(*holder, me) && !is_alive(*holder)) return "its process is gone";
    if (age <= rules.stale_after) return std::nullopt;
    return fmt::format("it has given no sign of life for {} s",
                       std::chrono::duration_cast<std::chrono::seconds>(age).count());
}

}  // namespace lvr::run
