#include "plugins/net/io/settings.hpp"

#include "base/fd.hpp"
#include "base/json.hpp"
#include "base/replace_file.hpp"
#include "msw/host_id.hpp"
#include "plugins/net/io/endpoint.hpp"

#include <netinet/in.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace msw::net {
namespace {

Json value_of(const plugin::Host& host, const char* key) {
    const std::optional<std::string> text = host.setting(key);
    if (!text) return {};
    Result<Json> json = Json::parse(*text);
    return json ? std::move(json).value() : Json();
}

std::int64_t number(const plugin::Host& host, const char* key, std::int64_t otherwise, std::int64_t least,
                    std::int64_t most) {
    return std::clamp(value_of(host, key).as_int(otherwise), least, most);
}

/// @return the first megabyte; nothing if there is no such file
std::optional<std::string> read_beginning(const std::string& path) {
    std::ifstream in(path);
    if (!in) return std::nullopt;
    constexpr std::size_t kMost = 1024 * 1024;
    std::string text(kMost, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

/// @return whether an IPv6 address can be listened on here
bool has_ipv6() noexcept {
    const Fd probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    return probe && ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
}

Result<void> read_listen(const plugin::Host& host, Settings& s) {
    std::string ip = value_of(host, "listen_ip").as_string();
    s.listen_anywhere = ip.empty();
    if (ip.empty()) ip = has_ipv6() ? "::" : "0.0.0.0";
    if (ip == "localhost") ip = "127.0.0.1";
    const auto port = static_cast<std::uint16_t>(number(host, "listen_port", 3900, 0, 65535));
    const std::optional<sockaddr_storage> address = as_ip({ip, port});
    if (!address) return Error{Code::bad_request, R"("listen_ip" must be an IP address, not ")" + ip + '"'};
    s.listen = *address;
    return {};
}

Error legacy_error(const std::string& key, const std::string& text) {
    return {Code::bad_request, "\"legacy." + key + "\": " + text};
}

Result<void> read_old_hosts(const plugin::Host& host, Settings& s) {
    std::vector<Network> networks;
    const Json legacy = value_of(host, "legacy");
    for (const Json& item : legacy["networks"].items()) {
        const std::optional<Network> network = parse_network(item.as_string());
        if (!network) {
            return legacy_error("networks", '"' + item.as_string() + "\" is no network: it takes \"192.168.7.0/24\"");
        }
        networks.push_back(*network);
    }
    const auto allowed = [&](const sockaddr_storage& address) {
        return is_loopback(address) || std::any_of(networks.begin(), networks.end(),
                                                   [&](const Network& network) { return network.holds(address); });
    };
    std::vector<OldHost> hosts;
    for (const Json& item : legacy["hosts"].items()) {
        const std::string text = item.as_string();
        const std::size_t blank = text.find(' ');
        OldHost old{text.substr(0, blank), {}};
        const std::string where = blank == std::string::npos ? std::string() : text.substr(blank + 1);
        std::optional<sockaddr_storage> ip = as_ip({where, 0});
        Address address{where, 0};
        if (!ip) {
            const Result<Address> parsed = parse_address(where);
            if (parsed) address = *parsed;
            ip = as_ip(address);
        }
        if (!valid_host_id(old.id) || !ip) {
            return legacy_error("hosts",
                                '"' + text + "\" is no old host: it takes \"ID ADDRESS\" or \"ID ADDRESS:PORT\"");
        }
        if (!allowed(*ip)) {
            return legacy_error(
                "hosts",
                '"' + text +
                    "\" is in no network of \"legacy.networks\"; what goes to it could be read and changed on its way");
        }
        address.host = ip_text(*ip);
        old.addresses.push_back(std::move(address));
        hosts.push_back(std::move(old));
    }
    s.mesh.old_hosts = OldHosts(std::move(hosts));
    s.mesh.legacy_port = static_cast<std::uint16_t>(std::clamp<std::int64_t>(legacy["listen_port"].as_int(), 0, 65535));
    const std::string ip = legacy["listen_ip"].as_string();
    const std::optional<sockaddr_storage> listen = as_ip({ip.empty() ? "127.0.0.1" : ip, s.mesh.legacy_port});
    if (!listen) return legacy_error("listen_ip", '"' + ip + "\" is no IP address");
    if (!allowed(*listen)) return legacy_error("listen_ip", ip + " is in no network of \"legacy.networks\"");
    s.legacy_listen = *listen;
    return {};
}

}  // namespace

Result<Settings> read_settings(const plugin::Host& host) {
    Settings s;
    s.mesh.id = value_of(host, "id").as_string();
    if (!valid_host_id(s.mesh.id)) {
        return Error{Code::bad_request, "\"" + s.mesh.id + "\" is no host id: " + std::string(kHostIdRule)};
    }
    s.mesh.proxy = value_of(host, "proxy").as_string();
    s.mesh.only_proxy = value_of(host, "onlyproxy").as_bool();
    if (!s.mesh.proxy.empty() && (!valid_host_id(s.mesh.proxy) || same_host_id(s.mesh.proxy, s.mesh.id))) {
        return Error{Code::bad_request, R"("proxy" must be the id of another host, not ")" + s.mesh.proxy + '"'};
    }
    if (s.mesh.only_proxy && s.mesh.proxy.empty()) {
        return Error{Code::bad_request, R"("onlyproxy" needs "proxy": the id of the host that relays for this one)"};
    }
    s.mesh.old_room = static_cast<std::size_t>(number(host, "buffsize", 4096, 512, 1 << 20));
    if (Result<void> listen = read_listen(host, s); !listen) return listen.error();
    if (Result<void> old_hosts = read_old_hosts(host, s); !old_hosts) return old_hosts.error();
    s.backlog = static_cast<int>(number(host, "listen_num", 39, 1, 4096));
    s.config_dir = value_of(host, "config_dir").as_string();
    s.file_root = value_of(host, "file_root").as_string();
    s.state_dir = value_of(host, "state_dir").as_string();
    if (const char* dir = std::getenv("CREDENTIALS_DIRECTORY")) s.credentials_dir = dir;
    return s;
}

std::vector<Address> read_known_addresses(const std::string& state_dir) {
    const std::optional<std::string> text = read_beginning(state_dir + "/known-addresses");
    return text ? parse_address_file(*text).addresses : std::vector<Address>();
}

int write_known_addresses(const std::string& state_dir, const std::vector<Address>& addresses) {
    constexpr mode_t kMode = 0600;
    std::string text = "# where members of the mesh were met; kept by mswd\n";
    for (const Address& address : addresses) text += to_text(address) + "\n";
    return replace_file(state_dir + "/known-addresses", text, kMode);
}

std::vector<Address> read_addresses(const plugin::Host& host, const std::string& config_dir) {
    for (const char* name : {"address.txt", "addrlist.txt"}) {
        const std::string path = config_dir + "/" + name;
        const std::optional<std::string> text = read_beginning(path);
        if (!text) continue;
        AddressFile file = parse_address_file(*text);
        for (const std::string& problem : file.problems) host.log(MSW_WARNING, path + ": " + problem);
        return std::move(file.addresses);
    }
    return {};
}

}  // namespace msw::net
