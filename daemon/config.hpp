// The configuration: config.json, checked as a whole before any of it counts.
#pragma once

#include "base/json.hpp"
#include "base/spool/settings.hpp"
#include "msw/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace msw {

/// A configuration that has passed all checks.
struct Config {
    std::string id;  ///< empty: none was given
    std::string listen_ip = "127.0.0.1";
    std::int64_t listen_port = 3900;
    std::vector<std::string> plugin_dirs{"/usr/local/lib/mswd/plugins"};
    bool plugin_dirs_given = false;
    std::size_t mailbox_bytes = 4 * 1024 * 1024;
    spool::Quotas spool;
    bool debug = false;                 ///< debug lines in the journal
    Json raw = Json::object();          ///< everything that was given, for plugins
    std::vector<std::string> warnings;  ///< sentences about keys that mean nothing
};

/// Check a configuration.
/// @param text  the file's content; blank means `{}`
/// @param name  what to call it in messages
/// @return the configuration; or every fault, a line each: "NAME:LINE:COLUMN: what, and what was expected"
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& name);

/// Read and check a file.
/// @param optional  whether a file that isn't there is an empty configuration, else it is an error
/// @return also an error for one larger than 1 MiB
[[nodiscard]] Result<Config> load_config(const std::string& path, bool optional);

/// @return a sentence for each folder of `plugin_dirs` that was given and isn't there
/// @param name  what to call the configuration in messages
[[nodiscard]] std::vector<std::string> missing_folders(const Config& config, const std::string& name);

}  // namespace msw
