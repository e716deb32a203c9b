// Ownership of libarchive's objects.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <memory>
#include <string>

namespace msw::update {

struct FreeArchive {
    void operator()(archive* a) const noexcept { archive_free(a); }
};
struct FreeEntry {
    void operator()(archive_entry* e) const noexcept { archive_entry_free(e); }
};
using Archive = std::unique_ptr<archive, FreeArchive>;
using Entry = std::unique_ptr<archive_entry, FreeEntry>;

/// @return what libarchive says went wrong last
inline std::string archive_words(archive* a) {
    const char* const words = archive_error_string(a);
    return words != nullptr ? words : "unknown error";
}

}  // namespace msw::update
