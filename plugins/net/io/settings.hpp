// The configuration as net reads it.
#pragma once

#include "msw/plugin.hpp"
#include "msw/result.hpp"
#include "plugins/net/core/mesh.hpp"

#include <sys/socket.h>
#include <string>

namespace msw::net {

struct Settings {
    MeshSettings mesh;
    sockaddr_storage listen{};         ///< where to listen; port 0: the system chooses one
    bool listen_anywhere = false;      ///< no address is configured: all that there are
    sockaddr_storage legacy_listen{};  ///< for old hosts; used if mesh.legacy_port is given
    int backlog = 39;                  ///< connections that may wait to be accepted
    std::string config_dir;            ///< where address.txt lies
    std::string file_root;
    std::string state_dir;
    std::string credentials_dir;  ///< $CREDENTIALS_DIRECTORY, or empty
};

/// Read the settings from mswd, which has checked their types.
/// @return what keeps net from working, and how to mend it
[[nodiscard]] Result<Settings> read_settings(const plugin::Host& host);

/// Where members were met before: `known-addresses` in the state directory, as address.txt.
[[nodiscard]] std::vector<Address> read_known_addresses(const std::string& state_dir);
/// Blocks on the disk. Thread: any. @return 0 or an errno
[[nodiscard]] int write_known_addresses(const std::string& state_dir, const std::vector<Address>& addresses);

/// Read address.txt, or else addrlist.txt. No such file: no addresses. What is wrong goes to the journal.
[[nodiscard]] std::vector<Address> read_addresses(const plugin::Host& host, const std::string& config_dir);

}  // namespace msw::net
