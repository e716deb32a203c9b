#include "plugins/net/core/link/hello.hpp"

#include "msw/host_id.hpp"
#include "plugins/net/core/link/clocks.hpp"
#include "plugins/net/core/routes/announcement.hpp"

#include <algorithm>
#include <charconv>

namespace msw::net {
namespace {

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
    Number n = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), n, base);
    if (status != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
    return n;
}

constexpr std::size_t kDigest = 64;  // hex digits

Error bad(std::string_view field) {
    return {Code::bad_request, "the `" + std::string(field) + "` of its hello is missing or makes no sense"};
}

}  // namespace

bool Hello::knows(std::string_view word) const { return std::find(can.begin(), can.end(), word) != can.end(); }

Datapack to_datapack(const Hello& hello) {
    Datapack d("link", "hello");
    d.set("id", hello.id);
    d.set("epoch", std::to_string(hello.epoch));
    d.set("run", to_text(hello.run));
    d.set("listen_port", std::to_string(hello.listen_port));
    d.set("onlyproxy", hello.only_proxy);
    d.set("roster", hello.roster);
    if (hello.routes) d.set("routes", to_text(*hello.routes));
    d.set("time", std::to_string(hello.time_ms));
    std::string can;
    for (const std::string& word : hello.can) can.append(can.empty() ? "" : " ").append(word);
    d.set("can", can);
    return d;
}

Result<Hello> parse_hello(const Datapack& d) {
    Hello hello;
    hello.id = d.get("id");
    if (!valid_host_id(hello.id)) return bad("id");
    const auto epoch = number<std::uint64_t>(d.get("epoch"));
    if (!epoch || *epoch == 0 || *epoch > kLargestCount) return bad("epoch");
    hello.epoch = *epoch;
    hello.run = parse_run(d.get("run"));
    if (hello.run == kNoRun) return bad("run");
    const auto port = number<std::uint16_t>(d.get("listen_port"));
    if (!port) return bad("listen_port");
    hello.listen_port = *port;
    hello.only_proxy = d.get("onlyproxy");
    if (!hello.only_proxy.empty() && !valid_host_id(hello.only_proxy)) return bad("onlyproxy");
    hello.roster = d.get("roster");
    if (hello.roster.size() != kDigest || !valid_member(hello.roster)) return bad("roster");
    if (d.head.has("routes")) {
        const auto root = number<std::uint64_t>(d.get("routes"), 16);
        if (!root) return bad("routes");
        hello.routes = *root;
    }
    const auto time = number<std::int64_t>(d.get("time"));
    if (!time || *time < 0 || *time > kLatestClock) return bad("time");
    hello.time_ms = *time;
    std::string_view words = d.get("can");
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        if (end > 0) hello.can.emplace_back(words.substr(0, end));
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return hello;
}

}  // namespace msw::net
