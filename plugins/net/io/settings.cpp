#include "plugins/net/io/settings.hpp"

#include "base/json.hpp"
#include "msw/host_id.hpp"
#include "plugins/net/io/endpoint.hpp"

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

Result<sockaddr_storage> listen_address(const plugin::Host& host, bool clear_listen) {
    std::string ip = value_of(host, "listen_ip").as_string();
    if (ip.empty() || ip == "localhost") ip = "127.0.0.1";
    const auto port = static_cast<std::uint16_t>(number(host, "listen_port", 3900, 0, 65535));
    const std::optional<sockaddr_storage> address = as_ip({ip, port});
    if (!address) return Error{Code::bad_request, R"("listen_ip" must be an IP address, not ")" + ip + '"'};
    if (!is_loopback(*address) && !clear_listen) {
        return Error{Code::refused, "\"listen_ip\" is " + ip + ", but " + std::string(kInTheClear) +
                                        R"(. Set "listen_ip": "127.0.0.1" in the configuration and restart mswd)"};
    }
    return *address;
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
    s.clear_listen = value_of(host, "clear_listen").as_bool();
    Result<sockaddr_storage> address = listen_address(host, s.clear_listen);
    if (!address) return address.error();
    s.listen = *address;
    s.backlog = static_cast<int>(number(host, "listen_num", 39, 1, 4096));
    s.config_dir = value_of(host, "config_dir").as_string();
    s.file_root = value_of(host, "file_root").as_string();
    s.state_dir = value_of(host, "state_dir").as_string();
    if (const char* dir = std::getenv("CREDENTIALS_DIRECTORY")) s.credentials_dir = dir;
    return s;
}

std::vector<Address> read_addresses(const plugin::Host& host, const std::string& config_dir) {
    for (const char* name : {"address.txt", "addrlist.txt"}) {
        const std::string path = config_dir + "/" + name;
        std::ifstream in(path);
        if (!in) continue;
        constexpr std::size_t kMost = 1024 * 1024;
        std::string text(kMost, '\0');
        in.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(in.gcount()));
        AddressFile file = parse_address_file(text);
        for (const std::string& problem : file.problems) host.log(MSW_WARNING, path + ": " + problem);
        return std::move(file.addresses);
    }
    return {};
}

}  // namespace msw::net
