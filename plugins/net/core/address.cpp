#include "plugins/net/core/address.hpp"

#include <algorithm>
#include <charconv>

namespace msw::net {
namespace {

constexpr std::size_t kLongestHost = 253;  // RFC 1035

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    const std::size_t from = text.find_first_not_of(kBlank);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

Error bad(std::string_view text, std::string_view why) {
    return {Code::bad_request, "\"" + std::string(text.substr(0, 80)) + "\" is no address: " + std::string(why)};
}

}  // namespace

std::string to_text(const Address& address) {
    const bool six = address.host.find(':') != std::string::npos;
    return (six ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

bool plausible_host(std::string_view host) noexcept {
    return !host.empty() && host.size() <= kLongestHost && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
               c == '_' || c == ':' || c == '%';
    });
}

Result<Address> parse_address(std::string_view text) {
    std::string_view host;
    std::string_view port;
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return bad(text, "the bracket is not closed");
        host = text.substr(1, end - 1);
        if (end + 1 >= text.size() || text[end + 1] != ':') return bad(text, "`:port` must follow the bracket");
        port = text.substr(end + 2);
    } else {
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos) return bad(text, "it must be host:port");
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (host.find(':') != std::string_view::npos) return bad(text, "write an IPv6 address in brackets");
    }
    if (!plausible_host(host)) return bad(text, "what stands before the port is neither a host name nor an IP address");
    unsigned number = 0;
    const auto [rest, status] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (status != std::errc{} || rest != port.data() + port.size() || number == 0 || number > 65535) {
        return bad(text, "the port must be a number from 1 to 65535");
    }
    return Address{std::string(host), static_cast<std::uint16_t>(number)};
}

AddressFile parse_address_file(std::string_view text) {
    AddressFile file;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line = trimmed(line.substr(0, line.find('#')));
        if (line.empty()) continue;
        const std::string where = "line " + std::to_string(number) + ": ";
        if (file.addresses.size() == kMostAddresses) {
            file.problems.push_back(where + "more than " + std::to_string(kMostAddresses) +
                                    " addresses; the rest is not read");
            break;
        }
        Result<Address> address = parse_address(line);
        if (!address) {
            file.problems.push_back(where + address.error().text);
        } else if (std::find(file.addresses.begin(), file.addresses.end(), *address) == file.addresses.end()) {
            file.addresses.push_back(std::move(address).value());
        }
    }
    return file;
}

}  // namespace msw::net
