#include "plugins/update/send.hpp"

#include "base/fd.hpp"
#include "base/system_error.hpp"
#include "plugins/update/release_state.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace msw::update {
namespace {

namespace fs = std::filesystem;

/// A file that disappears unless it is given a name. `.msw-` is what mswd cleans up after a crash.
class Temporary {
public:
    explicit Temporary(const std::string& folder) : path_(folder + "/.msw-update-XXXXXX") {
        fd_ = Fd(::mkostemp(path_.data(), O_CLOEXEC));
    }
    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;
    ~Temporary() {
        if (fd_) ::unlink(path_.c_str());
    }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    /// @return the descriptor
    Result<Fd> name_it(const std::string& name) {
        if (::fchmod(fd_.get(), 0640) != 0 || ::fsync(fd_.get()) != 0) return io_error(path_, errno);
        if (::rename(path_.c_str(), name.c_str()) != 0) return io_error(name, errno);
        return std::move(fd_);
    }

private:
    std::string path_;
    Fd fd_;
};

void remove_old_archives(const std::string& folder) {
    std::vector<std::pair<fs::file_time_type, fs::path>> all;
    std::error_code failed;
    std::error_code ignored;
    for (fs::directory_iterator at(folder, failed); !failed && at != fs::directory_iterator(); at.increment(failed)) {
        const std::string name = at->path().filename().string();
        if (name.compare(0, 7, "update-") == 0 && at->path().extension() == ".zst") {
            all.emplace_back(fs::last_write_time(at->path(), ignored), at->path());
        }
    }
    std::sort(all.rbegin(), all.rend());
    for (std::size_t i = kArchivesKept; i < all.size(); ++i) fs::remove(all[i].second, ignored);
}

}  // namespace

Result<Wrapped> wrap_up(const std::string& program, const std::vector<std::string>& own_plugins,
                        const std::string& file_root) {
    const Limits limits;
    const fs::path root = fs::path(program).parent_path().parent_path();
    Result<Collection> what = collect(root.string(), own_plugins, limits);
    if (!what) return what.error();

    const std::string folder = file_root + '/' + std::string(kArchives);
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) return io_error(folder, failed.value());
    Temporary temporary(folder);
    if (temporary.fd() < 0) return io_error(folder, errno);
    Result<Packed> packed = pack({MSW_VERSION, this_arch(), {}}, *what, temporary.fd());
    if (!packed) return packed.error();

    Wrapped wrapped;
    wrapped.packed = std::move(packed).value();
    wrapped.left_out = std::move(what->left_out);
    const std::string base = "update-" + release::short_digest(wrapped.packed.digest) + ".tar.zst";
    wrapped.filename = std::string(kArchives) + '/' + base;
    Result<Fd> fd = temporary.name_it(folder + '/' + base);
    if (!fd) return fd.error();
    wrapped.file = std::make_shared<const File>(fd->release(), wrapped.packed.bytes, folder + '/' + base);
    remove_old_archives(folder);
    return wrapped;
}

}  // namespace msw::update
