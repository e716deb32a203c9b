#include "plugins/net/core/handshake.hpp"

#include "msw/host_id.hpp"
#include "plugins/net/core/printable.hpp"

#include <algorithm>
#include <charconv>

namespace msw::net {
namespace {

/// @return the port in `text`; 0 if it holds none.
std::uint16_t port_in(std::string_view text) {
    std::uint16_t port = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), port);
    return status == std::errc{} && rest == text.data() + text.size() ? port : std::uint16_t{0};
}

/// Our answer carries the flag of its word, in a head that old hosts can read: one that doesn't fit there would leave
/// the other side without an answer.
bool can_be_said_back(std::string_view flag) noexcept {
    return flag.find(": ") == std::string_view::npos &&
           std::none_of(flag.begin(), flag.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

Datapack Handshake::word(const std::string& flag) const {
    Datapack d("post", "handshake");
    d.version = Version::v0_1;
    d.set("id", own_.id);
    d.set("from", "net");
    d.set("flag", flag);
    d.set("listen_port", std::to_string(own_.listen_port));
    d.set("onlyuseproxy", own_.only_proxy);
    return d;
}

std::optional<Datapack> Handshake::begin(const std::string& flag) const {
    if (side_ == Side::accepted) return std::nullopt;
    return word(flag);
}

std::optional<Datapack> Handshake::hear(const Datapack& said) {
    if (state_ != State::waiting) return std::nullopt;
    if (said.method != "post" || said.app != "handshake") {
        refuse(Refusal::malformed, "the first Datapack was `" + said.method + " " + said.app + "`, no handshake");
        return std::nullopt;
    }
    const std::string_view id = said.get("id");
    if (!valid_host_id(id)) {
        refuse(Refusal::malformed, id.empty()
                                       ? std::string("its handshake has no `id`")
                                       : "\"" + printable(id) + "\" is no host id (" + std::string(kHostIdRule) + ")");
        return std::nullopt;
    }
    if (!can_be_said_back(said.get("flag"))) {
        refuse(Refusal::malformed,
               "its `flag`, \"" + printable(said.get("flag")) + "\", can't be said back in msw/0.1");
        return std::nullopt;
    }
    peer_.id = id;
    peer_.listen_port = port_in(said.get("listen_port"));
    peer_.only_proxy = said.get("onlyuseproxy");
    if (same_host_id(id, own_.id)) {
        refuse(Refusal::own_id, "it calls itself " + peer_.id + ", which is our own id");
    } else if (!peer_.only_proxy.empty() && !same_host_id(peer_.only_proxy, own_.id)) {
        refuse(Refusal::proxy, peer_.id + " may be reached through " + printable(peer_.only_proxy) + " only");
    } else if (!own_.only_proxy.empty() && !same_host_id(own_.only_proxy, id)) {
        refuse(Refusal::proxy,
               "this host may be reached through " + own_.only_proxy + " only, and this is " + peer_.id);
    } else {
        state_ = State::ready;
        if (side_ == Side::accepted) return word(std::string(said.get("flag")));
    }
    return std::nullopt;
}

void Handshake::refuse(Refusal refusal, std::string why) {
    state_ = State::refused;
    refusal_ = refusal;
    why_ = std::move(why);
}

}  // namespace msw::net
