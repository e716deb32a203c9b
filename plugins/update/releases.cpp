#include "plugins/update/releases.hpp"

#include "base/fd.hpp"
#include "base/system_error.hpp"
#include "plugins/update/unpack.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace msw::update {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIncoming = ".incoming-";

/// @return digest of the release in `folder` that `program` belongs to; empty if it doesn't
std::string release_of(const std::string& program, const std::string& folder) {
    std::error_code failed;
    const fs::path real = fs::canonical(program, failed);
    if (failed) return {};
    const fs::path release = real.parent_path().parent_path();
    const fs::path releases = fs::canonical(folder, failed);
    const std::string name = release.filename().string();
    return !failed && release.parent_path() == releases && release::is_digest(name) ? name : std::string();
}

/// A folder that is removed, with all that is in it, unless it is kept.
class NewFolder {
public:
    explicit NewFolder(const std::string& folder) : path_(folder + '/' + std::string(kIncoming) + "XXXXXX") {
        if (::mkdtemp(path_.data()) == nullptr) {
            error_ = errno;
            path_.clear();
        }
    }
    NewFolder(const NewFolder&) = delete;
    NewFolder& operator=(const NewFolder&) = delete;
    ~NewFolder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] int error() const noexcept { return error_; }

    /// Everything in it is on the disk before it gets its name. @return 0 or an errno
    int keep_as(const std::string& name) {
        const Fd fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd || ::fchmod(fd.get(), 0755) != 0 || ::syncfs(fd.get()) != 0) return errno;
        if (::rename(path_.c_str(), name.c_str()) != 0) return errno;
        path_.clear();
        const Fd parent(::open(fs::path(name).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        return parent && ::fsync(parent.get()) == 0 ? 0 : errno;
    }

private:
    std::string path_;
    int error_ = 0;
};

}  // namespace

Releases::Releases(const std::string& state_dir, const std::string& program)
    : store_(state_dir), running_(release_of(program, store_.folder())) {}

Result<Releases::Installed> Releases::install(int fd, const std::string& digest) {
    if (!release::is_digest(digest)) {
        return Error{Code::bad_request,
                     "an update needs the field `digest`: the SHA-256 of the archive in lower case hex"};
    }
    const bool there = store_.runnable(digest);
    Result<Manifest> manifest = there ? manifest_of(digest) : unpack_new(fd, digest);
    if (!manifest) return manifest.error();
    if (digest == running_) return Installed{true, manifest->files.size()};
    if (there) {
        std::error_code ignored;  // it counts as new when the oldest are removed
        fs::last_write_time(store_.folder_of(digest), fs::file_time_type::clock::now(), ignored);
    }
    if (const int error = store_.set_next(digest); error != 0) return io_error(store_.folder() + "/next", error);
    clean_up();
    return Installed{false, manifest->files.size()};
}

Result<Manifest> Releases::unpack_new(int fd, const std::string& digest) const {
    std::error_code failed;
    fs::create_directories(store_.folder(), failed);
    if (failed) return io_error(store_.folder(), failed.value());
    clean_up();
    NewFolder fresh(store_.folder());
    if (fresh.path().empty()) return io_error(store_.folder(), fresh.error());
    Result<Manifest> manifest = unpack(fd, digest, fresh.path());
    if (!manifest) return manifest;
    // What bears this name and can't run is no release: it makes room.
    fs::remove_all(store_.folder_of(digest), failed);
    if (const int error = fresh.keep_as(store_.folder_of(digest)); error != 0) {
        return io_error(store_.folder_of(digest), error);
    }
    return manifest;
}

Result<Manifest> Releases::manifest_of(const std::string& digest) const {
    std::ifstream in(store_.folder_of(digest) + '/' + std::string(kManifestName), std::ios::binary);
    const std::string json{std::istreambuf_iterator<char>(in), {}};
    return Manifest::parse(json, {});
}

bool Releases::on_trial() const {
    const release::State state = store_.read();
    return !running_.empty() && state.trial && state.trial->digest == running_;
}

Outcome Releases::outcome() const { return {running_, store_.failed(), store_.read().next, MSW_VERSION}; }

std::string Releases::failed() const {
    const std::string line = store_.failed();
    const std::size_t space = std::min(line.find(' '), line.size());
    return line.empty() ? line : release::short_digest(line.substr(0, space)) + ':' + line.substr(space);
}

Json Releases::status() const {
    const release::State state = store_.read();
    Json list = Json::array();
    std::error_code failed;
    std::set<std::string> digests;
    for (fs::directory_iterator at(store_.folder(), failed); !failed && at != fs::directory_iterator();
         at.increment(failed)) {
        const std::string name = at->path().filename().string();
        if (release::is_digest(name)) digests.insert(name);
    }
    for (const std::string& digest : digests) {
        Json row = Json::object({{"digest", digest}});
        if (const Result<Manifest> m = manifest_of(digest)) {
            row.set("version", m->version).set("files", static_cast<std::uint64_t>(m->files.size()));
            row.set("bytes", m->total_size());
        }
        list.push(std::move(row));
    }
    return Json::object({{"running", running_.empty() ? std::string(release::kBase) : running_},
                         {"previous", state.previous},
                         {"next", state.next},
                         {"on_trial", state.trial && state.trial->digest == state.current},
                         {"releases", std::move(list)},
                         {"failed", store_.failed()}});
}

void Releases::clean_up() const {
    const release::State state = store_.read();
    std::vector<std::pair<fs::file_time_type, fs::path>> others;
    std::error_code failed;
    std::vector<fs::path> all;
    for (fs::directory_iterator at(store_.folder(), failed); !failed && at != fs::directory_iterator();
         at.increment(failed)) {
        all.push_back(at->path());
    }
    std::error_code ignored;
    for (const fs::path& path : all) {
        const std::string name = path.filename().string();
        if (name.compare(0, kIncoming.size(), kIncoming) == 0) fs::remove_all(path, ignored);
        const bool used = name == state.current || name == state.previous || name == state.next || name == running_;
        if (!used && release::is_digest(name)) others.emplace_back(fs::last_write_time(path, ignored), path);
    }
    if (others.size() <= kKept) return;
    std::sort(others.rbegin(), others.rend());
    for (std::size_t i = kKept; i < others.size(); ++i) {
        // Under another name first: half a release must not look like a whole one.
        const fs::path doomed =
            others[i].second.parent_path() / (std::string(kIncoming) + others[i].second.filename().string());
        fs::rename(others[i].second, doomed, ignored);
        fs::remove_all(doomed, ignored);
    }
}

}  // namespace msw::update
