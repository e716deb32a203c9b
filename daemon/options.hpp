// Where things are: from the command line, from what systemd says in the environment, or the usual places.
#pragma once

#include <string>

namespace msw {

/// Absolute paths.
struct Paths {
    std::string config;            ///< config.json
    bool config_optional = false;  ///< it need not be there: it is the usual one
    std::string state_dir;         ///< key, roster, spool, files, releases
    std::string runtime_dir;       ///< control.sock
    std::string log_dir;
    std::string program;  ///< the running mswd

    [[nodiscard]] std::string config_dir() const;
    [[nodiscard]] std::string control_socket() const { return runtime_dir + "/control.sock"; }
    [[nodiscard]] std::string file_root() const { return state_dir + "/files"; }
    /// The folder that holds bin/ and lib/mswd/.
    [[nodiscard]] std::string prefix() const;
    [[nodiscard]] std::string shipped_plugins() const { return prefix() + "/lib/mswd/plugins"; }
    [[nodiscard]] std::string python() const { return prefix() + "/lib/mswd/python"; }
    /// The own plugins that a release brought along, or nothing if the running program is from no release.
    [[nodiscard]] std::string release_plugins() const;
};

/// What the command line said.
struct Options {
    Paths paths;
    bool check_config = false;
};

/// Read the command line. Ends the program for --help, --version and words it doesn't know.
[[nodiscard]] Options parse_command_line(int argc, char** argv);

}  // namespace msw
