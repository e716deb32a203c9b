// SQLite on a ForgetfulDisk: a VFS (https://www.sqlite.org/vfs.html) without shared memory, for one connection at a
// time.
#pragma once

#include "tests/support/forgetful_disk.hpp"

#include <memory>
#include <string>

struct sqlite3_vfs;

namespace msw::test {

/// Known to SQLite by its name while it lives. Thread: any.
class ForgetfulVfs {
public:
    /// @param disk  outlives it
    ForgetfulVfs(ForgetfulDisk& disk, std::string name);
    ForgetfulVfs(const ForgetfulVfs&) = delete;
    ForgetfulVfs& operator=(const ForgetfulVfs&) = delete;
    ForgetfulVfs(ForgetfulVfs&&) = delete;
    ForgetfulVfs& operator=(ForgetfulVfs&&) = delete;
    ~ForgetfulVfs();

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    std::string name_;
    std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace msw::test
