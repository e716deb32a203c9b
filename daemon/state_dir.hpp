// The state directory: made, locked against a second daemon, and what it remembers of the host.
#pragma once

#include "base/fd.hpp"
#include "msw/result.hpp"

#include <string>

namespace msw {

/// Make the folder (0750) if it isn't there and lock it for as long as the descriptor lives.
/// @return the lock; Code::name_taken if another mswd runs on it
/// Thread: any.
[[nodiscard]] Result<Fd> lock_state_dir(const std::string& state_dir);

/// What choose_host_id() would choose; writes nothing.
[[nodiscard]] Result<std::string> find_host_id(const std::string& state_dir, const std::string& configured);

/// The host's id: what the roster of its mesh calls it (the file `member-id`, which net writes), else what the
/// configuration gives, else what was chosen at the first start, else one made of the host name, which is kept for ever
/// after.
/// @param configured  may be empty
[[nodiscard]] Result<std::string> choose_host_id(const std::string& state_dir, const std::string& configured);

/// This program works: the launcher need not fall back to the release before (docs/architecture.md, Releases).
void confirm_release(const std::string& state_dir) noexcept;

/// This program ends as it was told to: the launcher need not take the next start for one after a crash
/// (plugins/update/launcher/crash_note.hpp).
void note_orderly_end(const std::string& state_dir) noexcept;

}  // namespace msw
