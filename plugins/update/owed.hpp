// Whom this host owes a word. Whoever sent a release wants to know whether it runs, and that is known only by the mswd
// that comes after the restart, of whichever release. What has to last until then is a small file.
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"
#include "plugins/update/release_state.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace msw::update {

/// A word that is owed.
struct Owed {
    std::string digest;  ///< of the release that was installed
    std::string id;      ///< the host that sent it
    std::string from;    ///< its app
    std::string flag;    ///< of the Datapack that brought it
    friend bool operator==(const Owed&, const Owed&) = default;
};

/// The file. Thread: one at a time.
class OwedFile {
public:
    static constexpr std::size_t kMost = 16;  ///< the oldest give way

    /// @param folder  absolute path
    explicit OwedFile(const std::string& folder) : path_(folder + "/owed") {}

    /// @return what is owed; nothing if there is no file, or none that makes sense
    [[nodiscard]] std::vector<Owed> read() const;
    /// Replace it by one whole change that is on the disk afterwards.
    /// @param all  empty: the file is removed
    /// @return Code::io with things as they were
    Result<void> write(const std::vector<Owed>& all) const;

private:
    std::string path_;
};

/// What has become of this host.
struct Outcome {
    std::string running;         ///< digest; empty: the base
    std::string failed;          ///< the launcher's note: "DIGEST WHY"
    std::string next;            ///< digest that the next start will try
    std::string_view version{};  ///< of mswd
};

/// @return whether `digest` runs, was given up, or neither, as the last part of the answer to the Datapack that
/// brought it
[[nodiscard]] Datapack final_word(const Owed& owed, const Outcome& outcome);

/// @return e.g. "release 61eac1b8f6247340 (mswd 0.1.0)"; `digest` is empty for the base
[[nodiscard]] std::string release_words(std::string_view digest, std::string_view version);

}  // namespace msw::update
