// Addresses of hosts as people write them, and the file that lists them (address.txt).
#pragma once

#include "msw/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// Where a host can be dialled: an IP address or a host name, and a port. IPv6 stands here without brackets.
struct Address {
    std::string host;
    std::uint16_t port = 0;

    friend auto operator<=>(const Address&, const Address&) = default;  // NOLINT(modernize-use-nullptr)
};

/// @return `host:port`, with brackets round an IPv6 address.
[[nodiscard]] std::string to_text(const Address& address);

/// @return whether `host` consists of what host names and IP addresses are made of, and isn't too long. Says nothing
/// about whether it exists.
[[nodiscard]] bool plausible_host(std::string_view host) noexcept;

/// Read `host:port` or `[IPv6]:port`.
/// @return the address; or Code::bad_request and what is wrong
[[nodiscard]] Result<Address> parse_address(std::string_view text);

/// What an address file says.
struct AddressFile {
    std::vector<Address> addresses;     ///< in order, each once
    std::vector<std::string> problems;  ///< "line 3: …" for each line that can't be read
};

/// Read an address file: an address a line; `#` begins a comment; blank lines mean nothing. Lines that can't be read
/// are reported and skipped. At most kMostAddresses are taken.
[[nodiscard]] AddressFile parse_address_file(std::string_view text);

inline constexpr std::size_t kMostAddresses = 4096;

}  // namespace msw::net
