// An archive that somebody sent as an update. Whatever it is: nothing is written outside of the folder it is unpacked
// in, nor more than the limits allow; and what is taken is what its release.json says, to the byte.
//
//     >raw   the bytes behind this line are the archive; else see tar_script.hpp
#include "base/fd.hpp"
#include "plugins/update/manifest.hpp"
#include "plugins/update/sha256.hpp"
#include "plugins/update/unpack.hpp"
#include "tests/fuzz/script.hpp"
#include "tests/fuzz/tar_script.hpp"
#include "tests/support/temp_folder.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace msw::update {
namespace {

namespace fs = std::filesystem;
using fuzz::require;

constexpr Limits kLimits{.entries = 12, .total = 48UL * 1024, .file = 32UL * 1024, .manifest = 4096};
constexpr std::string_view kRaw = ">raw\n";

/// The folder to unpack into, some way down in one in which nothing else may appear.
class Place {
public:
    Place() { temp_.write("beside", "untouched"); }
    [[nodiscard]] std::string out() const { return temp_.path("above/out"); }
    [[nodiscard]] const std::string& root() const { return temp_.path(); }

    void make() const {
        fs::create_directories(out());
        temp_.write("above/beside", "untouched");
    }
    void clear() const { fs::remove_all(temp_.path("above")); }

    void check_surroundings() const {
        std::size_t others = 0;
        for (fs::recursive_directory_iterator at(root()), end; at != end; ++at) {
            if (at->path() == out()) {
                at.disable_recursion_pending();
            } else {
                ++others;
            }
        }
        require(others == 3);  // above, above/beside, beside
        require(temp_.read("beside") == "untouched" && temp_.read("above/beside") == "untouched");
    }

    struct Held {
        std::size_t files = 0;
        std::uint64_t bytes = 0;
    };
    /// What was unpacked: only files and folders, and none but where they belong.
    [[nodiscard]] Held check_contents() const {
        Held held;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(out())) {
            struct stat info {};
            require(::lstat(entry.path().c_str(), &info) == 0);
            if (S_ISDIR(info.st_mode)) continue;
            require(S_ISREG(info.st_mode) && info.st_nlink == 1);
            require((info.st_mode & 07777U) == 0644 || (info.st_mode & 07777U) == 0755);
            const std::string name = entry.path().string().substr(out().size() + 1);
            require(name == kManifestName || check_release_name(name).ok());
            ++held.files;
            held.bytes += static_cast<std::uint64_t>(info.st_size);
        }
        require(held.files <= kLimits.entries && held.bytes <= kLimits.total + kLimits.manifest);
        return held;
    }

private:
    test::TempFolder temp_;
};

void check_taken(const Place& place, const Manifest& manifest, const Place::Held& held) {
    require(manifest.arch == this_arch() && manifest.files.size() + 1 == held.files);
    require(manifest.total_size() <= kLimits.total && manifest.find(kProgramName) != nullptr);
    for (const ManifestFile& file : manifest.files) {
        const Fd fd(::open((place.out() + '/' + file.name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        struct stat info {};
        require(fd && ::fstat(fd.get(), &info) == 0);
        require(static_cast<std::uint64_t>(info.st_size) == file.size &&
                ((info.st_mode & 0100U) != 0) == file.executable);
        const Result<std::string> sum = sha256_of(fd.get());
        require(sum.ok() && *sum == file.sha256);
    }
    const Result<Manifest> again = Manifest::parse(manifest.to_json(), Limits{});
    require(again.ok() && again->files == manifest.files && again->version == manifest.version);
}

Fd file_of(const std::string& bytes) {
    Fd fd(::memfd_create("archive", MFD_CLOEXEC));
    require(::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    return fd;
}

void try_to_unpack(const Place& place, const std::string& archive) {
    const Fd fd = file_of(archive);
    const Result<std::string> digest = sha256_of(fd.get());
    require(digest.ok());
    place.make();
    const Result<Manifest> manifest = unpack(fd.get(), *digest, place.out(), kLimits);
    place.check_surroundings();
    const Place::Held held = place.check_contents();
    if (manifest) {
        check_taken(place, *manifest, held);
    } else {
        require(!manifest.error().text.empty());
    }
    place.clear();
}

}  // namespace
}  // namespace msw::update

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const msw::update::Place place;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.starts_with(msw::update::kRaw)) {
        msw::update::try_to_unpack(place, std::string(text.substr(msw::update::kRaw.size())));
    } else {
        msw::update::try_to_unpack(place, msw::fuzz::TarScript(text, place.root()).bytes());
    }
    return 0;
}
