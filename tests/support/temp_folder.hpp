// A folder of a test's own, gone with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace msw::test {

/// Names are relative to the folder. Thread: one at a time.
class TempFolder {
public:
    TempFolder() : path_((std::filesystem::temp_directory_path() / "mswd-test-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp " + path_);
        path_ = std::filesystem::canonical(path_).string();
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string path(std::string_view name) const { return path_ + '/' + std::string(name); }
    [[nodiscard]] bool has(std::string_view name) const {
        return std::filesystem::exists(std::filesystem::symlink_status(path(name)));
    }

    /// Write a file, making the folders it needs. @return its path
    std::string write(std::string_view name, std::string_view bytes, bool executable = false) const {
        const std::filesystem::path file = path(name);
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << bytes;
        using std::filesystem::perms;
        std::filesystem::permissions(file, executable ? perms(0755) : perms(0644));
        return file.string();
    }

    /// @return what a file holds; empty if it isn't there
    [[nodiscard]] std::string read(std::string_view name) const {
        std::ifstream in(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

private:
    std::string path_;
};

}  // namespace msw::test
