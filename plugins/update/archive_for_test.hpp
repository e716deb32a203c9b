// Archives as a friend, or an enemy, might send them.
#pragma once

#include "base/fd.hpp"
#include "plugins/update/archive.hpp"
#include "plugins/update/manifest.hpp"
#include "plugins/update/sha256.hpp"
#include "tests/support/temp_folder.hpp"

#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace msw::update {

/// An entry, good or bad.
struct TestEntry {
    std::string name;
    std::string data = {};
    unsigned mode = 0644;
    unsigned type = AE_IFREG;
    std::string symlink = {};
    std::string hardlink = {};
};

inline std::string sha256_of(const std::string& bytes) {
    Sha256 sum;
    sum.add(bytes.data(), bytes.size());
    return sum.hex();
}

/// @return the manifest that the regular files of `entries` should have
inline Manifest manifest_for(const std::vector<TestEntry>& entries) {
    Manifest m{"0.1.0", this_arch(), {}};
    for (const TestEntry& e : entries)
        m.files.push_back({e.name, e.data.size(), (e.mode & 0100U) != 0, sha256_of(e.data)});
    return m;
}

/// Write an archive: release.json with `json` (none if it's empty), then the entries.
/// @return its path
inline std::string write_archive(const test::TempFolder& temp, const std::string& json,
                                 const std::vector<TestEntry>& entries) {
    std::string path = temp.path("archive.tar.zst");
    const Archive a(archive_write_new());
    archive_write_add_filter_zstd(a.get());
    archive_write_set_format_gnutar(a.get());
    if (archive_write_open_filename(a.get(), path.c_str()) != ARCHIVE_OK)
        throw std::runtime_error(archive_words(a.get()));
    std::vector<TestEntry> all;
    if (!json.empty()) all.push_back({std::string(kManifestName), json});
    all.insert(all.end(), entries.begin(), entries.end());
    for (const TestEntry& e : all) {
        const Entry entry(archive_entry_new());
        archive_entry_set_pathname(entry.get(), e.name.c_str());
        archive_entry_set_filetype(entry.get(), e.type);
        archive_entry_set_perm(entry.get(), e.mode);
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(e.data.size()));
        if (!e.symlink.empty()) archive_entry_set_symlink(entry.get(), e.symlink.c_str());
        if (!e.hardlink.empty()) archive_entry_set_hardlink(entry.get(), e.hardlink.c_str());
        if (archive_write_header(a.get(), entry.get()) != ARCHIVE_OK) throw std::runtime_error(archive_words(a.get()));
        if (!e.data.empty()) archive_write_data(a.get(), e.data.data(), e.data.size());
    }
    archive_write_close(a.get());
    return path;
}

/// The smallest release there is.
inline std::vector<TestEntry> small_release(const std::string& program = "#!/bin/sh\n") {
    return {{"bin/mswd", program, 0755}, {"plugins/hello.py", "print('hello')\n"}};
}

}  // namespace msw::update
