// The releases of this host: what is there, and how one more gets there.
#pragma once

#include "base/json.hpp"
#include "msw/result.hpp"
#include "plugins/update/manifest.hpp"
#include "plugins/update/owed.hpp"
#include "plugins/update/release_store.hpp"

#include <cstddef>
#include <string>

namespace msw::update {

/// Thread: one at a time.
class Releases {
public:
    /// Releases kept besides the current, the previous and the next one.
    static constexpr std::size_t kKept = 3;

    /// @param state_dir  mswd's state directory
    /// @param program    absolute path of the running mswd
    Releases(const std::string& state_dir, const std::string& program);

    /// @return digest of the release that runs; empty: the base
    [[nodiscard]] const std::string& running() const noexcept { return running_; }

    struct Installed {
        bool runs_already = false;  ///< nothing was changed
        std::size_t files = 0;
    };
    /// Check an archive, unpack it under its digest (unless that is there), and make it what the next start tries.
    /// @param fd      the archive
    /// @param digest  its SHA-256
    /// @return an error with everything as it was
    [[nodiscard]] Result<Installed> install(int fd, const std::string& digest);

    [[nodiscard]] const std::string& folder() const noexcept { return store_.folder(); }
    /// @return whether the release that runs may still be given up
    [[nodiscard]] bool on_trial() const;
    /// @return what has become of this host by now
    [[nodiscard]] Outcome outcome() const;

    /// @return the release that was given up last and why, for people; empty: there was none
    [[nodiscard]] std::string failed() const;

    /// @return {"running", "previous", "next", "releases": [{"digest", "version", "files", "bytes"}], "failed"}
    [[nodiscard]] Json status() const;

    /// Remove what a crash left behind, and all but the newest releases.
    void clean_up() const;

private:
    [[nodiscard]] Result<Manifest> unpack_new(int fd, const std::string& digest) const;
    [[nodiscard]] Result<Manifest> manifest_of(const std::string& digest) const;

    release::Store store_;
    std::string running_;
};

}  // namespace msw::update
