#include "plugins/update/pack.hpp"

#include "base/fd.hpp"
#include "base/system_error.hpp"
#include "plugins/update/archive.hpp"
#include "plugins/update/sha256.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <utility>
#include <vector>

namespace msw::update {
namespace {

/// Where the archive's bytes go: into the file and into its digest.
struct Sink {
    int fd;
    Sha256 sum;
    std::uint64_t bytes = 0;

    static la_ssize_t write(archive* a, void* self, const void* data, size_t size) {
        auto& sink = *static_cast<Sink*>(self);
        ssize_t n = 0;
        do {
            n = ::write(sink.fd, data, size);
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            archive_set_error(a, errno, "%s", system_says(errno).c_str());
            return -1;
        }
        sink.sum.add(data, static_cast<std::size_t>(n));
        sink.bytes += static_cast<std::uint64_t>(n);
        return n;
    }
};

class Packer {
public:
    explicit Packer(int fd) : sink_{fd, {}}, archive_(archive_write_new()) {}

    Result<void> open() {
        archive* const a = archive_.get();
        if (a == nullptr || archive_write_add_filter_zstd(a) != ARCHIVE_OK ||
            archive_write_set_format_gnutar(a) != ARCHIVE_OK ||
            archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
            archive_write_open(a, &sink_, nullptr, Sink::write, nullptr) != ARCHIVE_OK) {
            return failed();
        }
        return {};
    }

    Result<void> begin_file(const std::string& name, std::uint64_t size, bool executable) {
        const Entry entry(archive_entry_new());
        archive_entry_set_pathname(entry.get(), name.c_str());
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), executable ? 0755 : 0644);
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
        archive_entry_set_mtime(entry.get(), 0, 0);
        if (archive_write_header(archive_.get(), entry.get()) != ARCHIVE_OK) return failed();
        return {};
    }

    Result<void> add(const void* data, std::size_t size) {
        if (size > 0 && archive_write_data(archive_.get(), data, size) != static_cast<la_ssize_t>(size))
            return failed();
        return {};
    }

    Result<void> close() {
        if (archive_write_close(archive_.get()) != ARCHIVE_OK) return failed();
        return {};
    }

    [[nodiscard]] Error failed() const { return {Code::io, "packing: " + archive_words(archive_.get())}; }
    [[nodiscard]] Sink& sink() noexcept { return sink_; }

private:
    Sink sink_;
    Archive archive_;
};

Error changed(const SourceFile& file) { return {Code::io, file.path + " changed while it was packed; try again"}; }

/// Read a file through. @param take  called with each part: Result<void>(const char*, std::size_t)
/// @return its digest
template <class Take>
Result<std::string> read_through(const SourceFile& file, Take take) {
    const Fd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) return io_error(file.path, errno);
    Sha256 sum;
    std::vector<char> buffer(256 * 1024);
    for (std::uint64_t left = file.size;;) {
        const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return io_error(file.path, errno);
        const auto size = static_cast<std::size_t>(n);
        if (size > left || (size == 0 && left > 0)) return changed(file);
        if (size == 0) return sum.hex();
        sum.add(buffer.data(), size);
        if (Result<void> taken = take(buffer.data(), size); !taken) return taken.error();
        left -= size;
    }
}

}  // namespace

Result<Packed> pack(Manifest about, const Collection& what, int fd) {
    Packed packed{{}, 0, std::move(about)};
    packed.manifest.files.clear();
    for (const SourceFile& file : what.files) {
        Result<std::string> sum = read_through(file, [](const char*, std::size_t) { return Result<void>(); });
        if (!sum) return sum.error();
        packed.manifest.files.push_back({file.name, file.size, file.executable, *sum});
    }

    Packer packer(fd);
    if (Result<void> opened = packer.open(); !opened) return opened.error();
    const std::string json = packed.manifest.to_json();
    if (Result<void> begun = packer.begin_file(std::string(kManifestName), json.size(), false); !begun) {
        return begun.error();
    }
    if (Result<void> added = packer.add(json.data(), json.size()); !added) return added.error();
    for (std::size_t i = 0; i < what.files.size(); ++i) {
        const SourceFile& file = what.files[i];
        if (Result<void> begun = packer.begin_file(file.name, file.size, file.executable); !begun) return begun.error();
        const Result<std::string> sum =
            read_through(file, [&](const char* data, std::size_t size) { return packer.add(data, size); });
        if (!sum) return sum.error();
        if (*sum != packed.manifest.files[i].sha256) return changed(file);
    }
    if (Result<void> closed = packer.close(); !closed) return closed.error();
    packed.bytes = packer.sink().bytes;
    packed.digest = packer.sink().sum.hex();
    return packed;
}

}  // namespace msw::update
