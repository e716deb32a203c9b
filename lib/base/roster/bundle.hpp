// Documents one behind the other, as they go over links and lie on disk: of each its length, four bytes with the
// highest first, and its bytes. And a whole roster in a file.
#pragma once

#include "base/file_calls.hpp"
#include "base/roster/roster.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::roster {

void append_to_bundle(std::string& bundle, std::string_view document);

/// @return the documents, not looked at; nothing if the lengths don't add up
[[nodiscard]] std::optional<std::vector<std::string>> split_bundle(std::string_view bundle);

/// @return all documents of a roster
[[nodiscard]] std::string bundle_of(const Roster& roster);

/// Decode documents and check their signatures; what is wrong is left out. Slow. Thread: any.
[[nodiscard]] std::vector<Checked> check_documents(const std::vector<std::string>& documents);

/// Write a roster down: `path` is the old one or the new one after a crash, mode 0600.
/// @return what can't be written, and why. Blocks on the disk.
[[nodiscard]] Result<void> write_roster(const std::string& path, const Roster& roster,
                                        FileCalls& files = system_files());

/// @return the roster; nothing if there is no such file; or what is wrong with it, and the way out. Blocks on the disk.
[[nodiscard]] Result<std::optional<Roster>> read_roster(const std::string& path);

}  // namespace msw::roster
