#include "plugins/update/unpack.hpp"

#include "base/fd.hpp"
#include "base/system_error.hpp"
#include "plugins/update/archive.hpp"
#include "plugins/update/sha256.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace msw::update {
namespace {

Error bad(const std::string& what) { return {Code::bad_request, "the archive is not a release: " + what}; }

/// The archive's bytes as libarchive takes them, and their digest.
struct Source {
    int fd;
    Sha256 sum;
    off_t at = 0;
    std::vector<char> buffer = std::vector<char>(128 * 1024);

    ssize_t read_on() {
        ssize_t n = 0;
        do {
            n = ::pread(fd, buffer.data(), buffer.size(), at);
        } while (n < 0 && errno == EINTR);
        if (n <= 0) return n;
        sum.add(buffer.data(), static_cast<std::size_t>(n));
        at += n;
        return n;
    }

    static la_ssize_t read(archive* a, void* self, const void** out) {
        auto& source = *static_cast<Source*>(self);
        const ssize_t n = source.read_on();
        if (n < 0) archive_set_error(a, errno, "%s", system_says(errno).c_str());
        *out = source.buffer.data();
        return n;
    }
};

class Unpacker {
public:
    Unpacker(int fd, const std::string& folder, const Limits& limits)
        : source_{fd, {}}, archive_(archive_read_new()), folder_(folder), limits_(limits) {}

    Result<void> open() {
        archive* const a = archive_.get();
        if (a == nullptr || archive_read_support_filter_zstd(a) != ARCHIVE_OK ||
            archive_read_support_format_tar(a) != ARCHIVE_OK ||
            archive_read_open(a, &source_, nullptr, Source::read, nullptr) != ARCHIVE_OK) {
            return bad(archive_words(a));
        }
        return {};
    }

    Result<void> read_manifest() {
        archive_entry* entry = nullptr;
        if (archive_read_next_header(archive_.get(), &entry) != ARCHIVE_OK) return bad(archive_words(archive_.get()));
        const char* const name = archive_entry_pathname(entry);
        if (name == nullptr || name != kManifestName || !is_plain_file(entry)) {
            return bad("its first entry is not " + std::string(kManifestName));
        }
        const la_int64_t size = archive_entry_size(entry);
        if (size < 0 || static_cast<std::uint64_t>(size) > limits_.manifest) {
            return Error{Code::too_large, std::string(kManifestName) + " is too large"};
        }
        std::string json;
        Result<void> read = read_data(static_cast<std::uint64_t>(size), [&](const char* data, std::size_t n) {
            json.append(data, n);
            return Result<void>();
        });
        if (!read) return read;
        Result<Manifest> parsed = Manifest::parse(json, limits_);
        if (!parsed) return parsed.error();
        manifest_ = std::move(parsed).value();
        if (manifest_.arch != this_arch()) {
            return Error{Code::unsupported, "the release is for \"" + manifest_.arch.substr(0, 32) +
                                                "\", and this host is " + this_arch()};
        }
        return write_text(json);
    }

    /// @return whether there may be more
    Result<bool> read_entry() {
        archive_entry* entry = nullptr;
        const int status = archive_read_next_header(archive_.get(), &entry);
        if (status == ARCHIVE_EOF) return false;
        if (status != ARCHIVE_OK) return bad(archive_words(archive_.get()));
        if (++entries_ > limits_.entries) {
            return Error{Code::too_large, "more than " + std::to_string(limits_.entries) + " entries"};
        }
        const char* const raw = archive_entry_pathname(entry);
        if (raw == nullptr) return bad("an entry has no name");
        Result<void> done = archive_entry_filetype(entry) == AE_IFDIR ? take_folder(entry, raw) : take_file(entry, raw);
        if (!done) return done.error();
        return true;
    }

    Result<Manifest> finish(const std::string& digest) {
        for (const ManifestFile& file : manifest_.files) {
            if (!seen_.contains(file.name)) return bad("\"" + file.name + "\" is missing");
        }
        ssize_t n = 0;
        while ((n = source_.read_on()) > 0) {
        }
        if (n < 0) return io_error("the archive", errno);
        if (source_.sum.hex() != digest)
            return Error{Code::bad_request, "the archive does not have the digest it came with"};
        return std::move(manifest_);
    }

private:
    static bool is_plain_file(archive_entry* entry) {
        return archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr &&
               archive_entry_symlink(entry) == nullptr;
    }

    Result<void> take_folder(archive_entry* entry, std::string name) {
        if (!name.empty() && name.back() == '/') name.pop_back();
        if (archive_entry_size(entry) != 0) return bad("the folder \"" + name + "\" has contents of its own");
        // The folders above the files are in order too, though files must lie below them.
        if (name == "bin" || name == "lib" || name == "lib/mswd" || name == "plugins") return {};
        return check_release_name(name);
    }

    Result<void> take_file(archive_entry* entry, const std::string& name) {
        if (Result<void> fine = check_release_name(name); !fine) return fine;
        if (!is_plain_file(entry)) {
            return Error{Code::refused, "\"" + name + "\" is neither a regular file nor a folder"};
        }
        const ManifestFile* listed = manifest_.find(name);
        if (listed == nullptr) return bad("\"" + name + "\" is not in " + std::string(kManifestName));
        if (!seen_.insert(name).second) return bad("\"" + name + "\" is there twice");
        const la_int64_t size = archive_entry_size(entry);
        const bool executable = (archive_entry_perm(entry) & 0100U) != 0;
        if (size < 0 || static_cast<std::uint64_t>(size) != listed->size || executable != listed->executable) {
            return bad("\"" + name + "\" has another size or mode than " + std::string(kManifestName) + " says");
        }
        return write_file(*listed);
    }

    /// Read exactly what the entry's head promised.
    template <class Take>
    Result<void> read_data(std::uint64_t size, Take take) {
        for (std::uint64_t left = size;;) {
            const la_ssize_t n = archive_read_data(archive_.get(), buffer_.data(), buffer_.size());
            if (n < 0) return bad(archive_words(archive_.get()));
            const auto got = static_cast<std::size_t>(n);
            if (got > left || (got == 0 && left > 0)) return bad("an entry is longer or shorter than it says");
            if (got == 0) return {};
            if (Result<void> taken = take(buffer_.data(), got); !taken) return taken;
            left -= got;
        }
    }

    Result<Fd> create(const std::string& name, bool executable) {
        const std::filesystem::path path = std::filesystem::path(folder_) / name;
        std::error_code failed;
        std::filesystem::create_directories(path.parent_path(), failed);
        if (failed) return io_error(path.string(), failed.value());
        Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, executable ? 0755 : 0644));
        // The mode is the release's, whatever mswd's umask.
        if (!fd || ::fchmod(fd.get(), executable ? 0755 : 0644) != 0) return io_error(path.string(), errno);
        return fd;
    }

    static Result<void> write_all(int fd, const char* data, std::size_t size) {
        while (size > 0) {
            const ssize_t n = ::write(fd, data, size);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return io_error("unpacking", errno);
            data += n;
            size -= static_cast<std::size_t>(n);
        }
        return {};
    }

    Result<void> write_text(const std::string& json) {
        Result<Fd> fd = create(std::string(kManifestName), false);
        if (!fd) return fd.error();
        return write_all(fd->get(), json.data(), json.size());
    }

    Result<void> write_file(const ManifestFile& listed) {
        Result<Fd> fd = create(listed.name, listed.executable);
        if (!fd) return fd.error();
        Sha256 sum;
        Result<void> written = read_data(listed.size, [&](const char* data, std::size_t n) {
            sum.add(data, n);
            return write_all(fd->get(), data, n);
        });
        if (!written) return written;
        if (sum.hex() != listed.sha256) return bad("\"" + listed.name + "\" does not have the digest it should have");
        return {};
    }

    Source source_;
    Archive archive_;
    const std::string& folder_;
    const Limits& limits_;
    Manifest manifest_;
    std::set<std::string, std::less<>> seen_;
    std::uint64_t entries_ = 1;
    std::vector<char> buffer_ = std::vector<char>(128 * 1024);
};

}  // namespace

Result<Manifest> unpack(int fd, const std::string& digest, const std::string& folder, const Limits& limits) {
    // First the digest: what was damaged on the way is not worth parsing.
    const Result<std::string> sum = sha256_of(fd);
    if (!sum) return sum.error();
    if (*sum != digest) return Error{Code::bad_request, "the archive does not have the digest it came with"};

    Unpacker unpacker(fd, folder, limits);
    if (Result<void> opened = unpacker.open(); !opened) return opened.error();
    if (Result<void> read = unpacker.read_manifest(); !read) return read.error();
    for (;;) {
        const Result<bool> more = unpacker.read_entry();
        if (!more) return more.error();
        if (!*more) break;
    }
    return unpacker.finish(digest);
}

}  // namespace msw::update
