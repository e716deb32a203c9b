#include "plugins/net/core/flow/envelope.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace msw::net {
namespace {

constexpr std::array<std::string_view, 9> kReserved = {"class", "run", "for", "n", "low", "at", "via", "hops", "salt"};

std::optional<std::uint64_t> number(std::string_view text) noexcept {
    std::uint64_t n = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (status != std::errc{} || rest != text.data() + text.size() || n > kMostNumber) return std::nullopt;
    return n;
}

Error bad(std::string_view field, std::string_view value) {
    return {Code::bad_request, value.empty() ? "it has no `" + std::string(field) + '`'
                                             : "its `" + std::string(field) + "` is \"" +
                                                   std::string(value.substr(0, 32)) + "\", which makes no sense"};
}

void line(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).push_back('\n');
}
void line(std::string& out, std::string_view name, std::uint64_t value) {
    std::array<char, 20> digits{};
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    line(out, name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

}  // namespace

Result<Envelope> take_envelope(Fields& head) {
    Envelope e;
    const std::string_view flow_class = head.get("class");
    if (flow_class == "d") {
        e.flow_class = FlowClass::durable;
    } else if (flow_class != "o") {
        return bad("class", flow_class);
    }
    e.run = parse_run(head.get("run"));
    if (e.run == kNoRun) return bad("run", head.get("run"));
    e.destination = parse_run(head.get("for"));
    if (e.destination == kNoRun) return bad("for", head.get("for"));
    const auto read = [&](std::string_view name, std::uint64_t least, std::uint64_t& into) {
        const std::optional<std::uint64_t> n = number(head.get(name));
        if (n && *n >= least) into = *n;
        return n && *n >= least;
    };
    if (!read("n", 1, e.n)) return bad("n", head.get("n"));
    if (!read("low", 1, e.low) || e.low > e.n) return bad("low", head.get("low"));
    if (!read("at", 0, e.at)) return bad("at", head.get("at"));
    e.redelivered = head.has("redelivered");
    for (const std::string_view name : {"class", "run", "for", "n", "low", "at", "redelivered"}) head.remove(name);
    return e;
}

void write_envelope(const Envelope& e, std::string& out) {
    const char flow_class = letter(e.flow_class);
    line(out, "class", std::string_view(&flow_class, 1));
    line(out, "run", to_text(e.run));
    line(out, "for", to_text(e.destination));
    line(out, "n", e.n);
    line(out, "low", e.low);
    line(out, "at", e.at);
    if (e.redelivered) line(out, "redelivered", "1");
}

std::string_view reserved_field(const Fields& head) noexcept {
    const auto* const at =
        std::find_if(kReserved.begin(), kReserved.end(), [&](std::string_view name) { return head.has(name); });
    return at == kReserved.end() ? std::string_view{} : *at;
}

std::size_t charge_of(const Datapack& d) noexcept {
    constexpr std::size_t kEach = 64;   // for what is kept about it
    constexpr std::size_t kField = 16;  // and about a field
    std::size_t bytes = kEach + d.method.size() + d.app.size() + d.body.size();
    for (const Field f : d.head) {
        if (f.name != "redelivered" && f.name != "size") bytes += kField + f.name.size() + f.value.size();
    }
    return bytes;
}

}  // namespace msw::net
