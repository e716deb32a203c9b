// Finds plugins in folders: which file is which app, and how it is run.
#pragma once

#include <sys/types.h>
#include <string>
#include <string_view>
#include <vector>

namespace msw {

/// A plugin's file.
struct FoundPlugin {
    enum class Kind { module, executable };
    std::string app;
    std::string path;
    Kind kind = Kind::executable;
    std::vector<std::string> argv;  ///< for an executable: how it is run
    std::string version;            ///< changes whenever the file does
    bool shipped = false;
};

/// What was found, and what was passed over and why.
struct PluginScan {
    std::vector<FoundPlugin> plugins;     ///< each app once
    std::vector<std::string> complaints;  ///< sentences for the journal
};

/// Look through the folders. A file is a plugin if its name does not begin with `.` or `_` and it is
///  - `NAME.so` in the shipped folder: a module;
///  - executable: run as it is; or `NAME.py` that is not: run by python3.
/// The app is the file's name up to its last dot. Names of shipped plugins are theirs. Of the same app in several own
/// folders the file that was changed last counts (its ctime), so that a release brings news and so does an edit.
/// @param own_dirs  folders that aren't there are passed over
/// Blocks on the disk.
[[nodiscard]] PluginScan scan_plugins(const std::string& shipped_dir, const std::vector<std::string>& own_dirs);

/// @return whether a plugin or client may own that name: letters, digits, `_`, `.`, `-`, at most 63, and none that
/// means something else (`mswd`, `all`, `handshake`, `logger`)
[[nodiscard]] bool valid_app_name(std::string_view app) noexcept;

}  // namespace msw
