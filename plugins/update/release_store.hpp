// The files of release_state.hpp on the disk. Each change is atomic and synced.
#pragma once

#include "base/file_calls.hpp"
#include "plugins/update/release_state.hpp"

#include <string>
#include <string_view>

namespace msw::release {

/// Thread: one at a time in each process; the launcher and mswd change different files.
class Store {
public:
    /// @param state_dir  the state directory; nothing is made there before the first change
    /// @param files  what changes go through; outlives it
    explicit Store(const std::string& state_dir, FileCalls& files = system_files())
        : folder_(state_dir + "/releases"), files_(files) {}

    [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
    [[nodiscard]] std::string folder_of(const std::string& digest) const { return folder_ + '/' + digest; }
    [[nodiscard]] std::string program_of(const std::string& digest) const { return folder_of(digest) + "/bin/mswd"; }
    [[nodiscard]] bool runnable(const std::string& digest) const;

    [[nodiscard]] State read() const;
    /// @return what `failed` says, "DIGEST WHY"; or nothing
    [[nodiscard]] std::string failed() const;

    // Each gives 0, or an errno with things as they were.
    [[nodiscard]] int apply(const Step& step) const;
    [[nodiscard]] int set_next(const std::string& digest) const;

private:
    [[nodiscard]] std::string read_link(const char* name) const;
    [[nodiscard]] int set_link(const char* name, const std::string& target) const;
    [[nodiscard]] int write_file(const char* name, std::string_view text) const;
    [[nodiscard]] int remove(const char* name) const;

    std::string folder_;
    FileCalls& files_;
};

}  // namespace msw::release
