// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <queue>
#include <regex>
#include <sstream>

#include "room_check.hpp"
#include "source_tree.hpp"

namespace lvr::test {
namespace {

namespace fs = std::filesystem;

/// Which rooms may include a library's headers.
struct Owner {
    std::regex header;
    std::set<std::string> rooms;
};

const std::vector<Owner>& owners() {
    static const std::vector<Owner> all = {{std::regex("mpi(-ext)?\\.h"), {"par", "comm"}},
                                           {std::regex("(hdf5|hdf5_hl|H5.*)\\.h"), {"files"}},
                                           {std::regex("nccl.*\\.h"), {"comm"}}};
    return all;
}

std::string without_comments(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line.substr(0, line.find('#')) + "\n";
    return text;
}

Room room_of_words(const std::vector<std::string>& words) {
    Room room{words.at(0), "", {}};
    std::string section;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i] == "PATH" || words[i] == "USES" || words[i] == "LINKS")
            section = words[i];
        else if (section == "PATH")
            room.folder = words[i];
        else if (section == "USES")
            room.uses.push_back(words[i]);
    }
    return room;
}

struct Include {
    std::string name;
    bool quoted = false;
};

std::vector<Include> includes_of(const fs::path& file) {
    static const std::regex pattern("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]");
    std::vector<Include> includes;
    for (const auto& line : lines_of(file)) {
        std::smatch match;
        if (std::regex_search(line, match, pattern)) includes.push_back({match[2], match[1] == "\""});
    }
    return includes;
}

class Checker {
  public:
    explicit Checker(const fs::path& root)
        : root_(root), rooms_(read_rooms(root)), visible_(visible_rooms(rooms_)) {}

    IncludeReport run() {
        check_declarations();
        const std::vector<std::string> endings = {".cpp", ".hpp", ".h", ".cu", ".cuh"};
        for (const char* folder : {"src", "analysis", "jobs"}) {
            for (const auto& file : files_below(root_, folder, endings)) read_file(file);
        }
        for (const auto& [file, headers] : graph_) check_reach(file);
        check_cycles();
        return report_;
    }

  private:
    void complain(const std::string& problem) { report_.problems.push_back(problem); }

    void check_declarations() {
        std::set<std::string> earlier;
        for (const auto& room : rooms_) {
            for (const auto& use : room.uses) {
                if (!earlier.contains(use))
                    complain("room " + room.name + " uses " + use + ", which is not declared before it");
            }
            earlier.insert(room.name);
        }
    }

    /// "" if the file lies in no room.
    std::string room_of(const std::string& file) const {
        for (const auto& room : rooms_) {
            if (file.starts_with(room.folder + "/")) return room.name;
        }
        return "";
    }

    void read_file(const std::string& file) {
        ++report_.files;
        auto& headers = graph_[file];
        if (room_of(file).empty()) complain(file + " lies in no room");
        for (const auto& include : includes_of(root_ / file)) {
            check_library(file, include.name);
            const auto header = resolved(file, include);
            if (header.empty()) continue;
            ++report_.edges;
            headers.push_back(header);
        }
    }

    void check_library(const std::string& file, const std::string& header) {
        for (const auto& owner : owners()) {
            if (!std::regex_match(header, owner.header) || owner.rooms.contains(room_of(file))) continue;
            complain(file + " includes <" + header + ">, which belongs to another room");
        }
    }

    /// The first-party file behind an include, relative to root; "" for a library's or a generated header.
    std::string resolved(const std::string& file, const Include& include) {
        const bool ours =
            include.quoted || include.name.starts_with("lvr/") || include.name.starts_with("analysis/");
        if (!ours || fs::exists(root_ / "cmake" / (include.name + ".in"))) return "";
        std::vector<fs::path> candidates = {fs::path("src") / include.name, include.name};
        if (include.quoted)
            candidates.insert(candidates.begin(), fs::path(file).parent_path() / include.name);
        for (const auto& candidate : candidates) {
            if (fs::is_regular_file(root_ / candidate)) return candidate.lexically_normal().generic_string();
        }
        complain(file + " includes " + include.name + ", which is not there");
        return "";
    }

    /// Breadth first, so that the chain told is the shortest.
    void check_reach(const std::string& file) {
        const std::string room = room_of(file);
        if (room.empty()) return;
        std::map<std::string, std::string> came_from = {{file, ""}};
        std::queue<std::string> open({file});
        for (; !open.empty(); open.pop()) {
            for (const auto& header : graph_[open.front()]) {
                if (!came_from.emplace(header, open.front()).second) continue;
                open.push(header);
                const std::string other = room_of(header);
                if (visible_.at(room).contains(other)) continue;
                complain(file + " (room " + room + ") reaches " + header + " (room " + other +
                         "): " + chain(came_from, header));
            }
        }
    }

    static std::string chain(const std::map<std::string, std::string>& came_from, std::string at) {
        std::string text = at;
        while (!(at = came_from.at(at)).empty()) text = at + " -> " + text;
        return text;
    }

    void check_cycles() {
        std::map<std::string, std::set<std::string>> reach;
        for (const auto& [file, headers] : graph_) {
            for (const auto& header : headers) {
                if (room_of(file) != room_of(header)) reach[room_of(file)].insert(room_of(header));
            }
        }
        for (std::size_t step = 0; step < rooms_.size(); ++step) {
            for (auto& [room, others] : reach) {
                for (const auto& other : std::set<std::string>(others))
                    others.insert(reach[other].begin(), reach[other].end());
            }
        }
        for (const auto& [room, others] : reach) {
            if (others.contains(room)) complain("room " + room + " includes itself through other rooms");
        }
    }

    fs::path root_;
    std::vector<Room> rooms_;
    std::map<std::string, std::set<std::string>> visible_;
    std::map<std::string, std::vector<std::string>> graph_;
    IncludeReport report_;
};

}  // namespace

std::vector<Room> read_rooms(const fs::path& root) {
    const std::string text = without_comments(lines_of(root / "CMakeLists.txt"));
    static const std::regex call("lvr_room\\(([^)]*)\\)");
    std::vector<Room> rooms;
    for (std::sregex_iterator match(text.begin(), text.end(), call), end; match != end; ++match) {
        std::istringstream words((*match)[1].str());
        rooms.push_back(room_of_words({std::istream_iterator<std::string>(words), {}}));
    }
    Room programs{"jobs", "jobs", {}};
    for (const auto& room : rooms) programs.uses.push_back(room.name);
    rooms.push_back(programs);
    return rooms;
}

std::map<std::string, std::set<std::string>> visible_rooms(const std::vector<Room>& rooms) {
    std::map<std::string, std::set<std::string>> visible;
    for (const auto& room : rooms) {  // a room is declared after those it uses
        auto& mine = visible[room.name];
        mine.insert(room.name);
        for (const auto& use : room.uses) {
            if (const auto found = visible.find(use); found != visible.end())
                mine.insert(found->second.begin(), found->second.end());
        }
    }
    return visible;
}

IncludeReport check_includes(const fs::path& root) { return Checker(root).run(); }

}  // namespace lvr::test
