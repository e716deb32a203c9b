// What a command finds in its environment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msw::shell {

/// Where commands are looked for if mswd itself was started without PATH.
inline constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Choose by name what a command may see: who and where it is, its language and time zone, and the way to this
/// mswd. What service managers hand to mswd itself (sockets, watchdog, credentials, journal) is not for commands.
/// @param environ  this process's environment, ended by a null pointer
/// @param host_id  becomes MSW_ID
/// @param folder   becomes MSW_FILES
/// @return `NAME=VALUE` each
[[nodiscard]] std::vector<std::string> command_environment(const char* const* environ, std::string_view host_id,
                                                           std::string_view folder);

}  // namespace msw::shell
