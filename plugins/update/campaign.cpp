#include "plugins/update/campaign.hpp"

#include "msw/host_id.hpp"

#include <algorithm>
#include <utility>

namespace msw::update {
namespace {

/// Timeouts give way to any other error: those are what somebody has to look at.
bool is_silence(std::string_view error) noexcept {
    return error == wire_name(Code::timeout) || error == wire_name(Code::unreachable);
}

}  // namespace

Campaign::Campaign(Datapack asked, const std::vector<std::string>& ways, Time began, std::chrono::seconds timeout)
    : asked_(std::move(asked)), streamed_(asked_.get("stream") == "1"), began_(began), timeout_(timeout) {
    for (const std::string& way : ways) {
        const std::string id = way.substr(way.rfind('&') + 1);  // all of it if there is none
        const bool known =
            std::any_of(hosts_.begin(), hosts_.end(), [&](const Host& host) { return same_host_id(host.id, id); });
        if (!known) hosts_.push_back({id, way, new_flag()});
    }
    open_ = hosts_.size();
}

std::vector<Datapack> Campaign::begin(const std::string& digest, const std::string& about) {
    constexpr std::size_t kMostBytes = 8 * 1024;  // of a field: a head holds 16 KiB
    digest_ = digest;
    said_ = about + "; on its way to " + listed(hosts_) + '\n';
    if (!streamed_) return {};
    Datapack part = asked_.reply();
    part.set("part", std::to_string(parts_++));
    part.set("digest", digest_);
    std::string ids;
    for (const Host& host : hosts_) ids += (ids.empty() ? "" : "+") + host.id;
    if (ids.size() <= kMostBytes) part.set("update_to", ids);
    part.body = said_;
    return {part};
}

std::vector<Datapack> Campaign::heard(const Datapack& reply) {
    const auto host = std::find_if(hosts_.begin(), hosts_.end(), [&](const Host& h) {
        return h.flag == reply.get("flag") && reply.method == "reply";
    });
    if (host == hosts_.end() || host->done) return {};
    const std::string_view error = reply.get("error");
    if (error.empty() && !reply.get("part").empty() && reply.get("end") != "1") {
        host->installed = true;
        return {};
    }
    return verdict(*host, error.empty() ? error : wire_name(code_from_wire(error)), one_line(reply.body));
}

std::vector<Datapack> Campaign::expire(Time now) {
    std::vector<Datapack> all;
    if (now < deadline()) return all;
    const std::string limit = std::to_string(timeout_.count()) + " s";
    for (Host& host : hosts_) {
        if (host.done) continue;
        const std::string text =
            host.installed ? "installed it and went to restart, but has not said within " + limit + " that it runs"
                           : "no answer within " + limit;
        for (Datapack& d : verdict(host, wire_name(Code::timeout), text)) all.push_back(std::move(d));
    }
    return all;
}

std::string_view Campaign::host_of(std::string_view flag) const noexcept {
    const auto host = std::find_if(hosts_.begin(), hosts_.end(), [&](const Host& h) { return h.flag == flag; });
    return host == hosts_.end() ? std::string_view() : std::string_view(host->id);
}

std::vector<Datapack> Campaign::verdict(Host& host, std::string_view error, const std::string& text) {
    host.done = true;
    --open_;
    if (!error.empty() && (worst_.empty() || is_silence(worst_))) worst_ = error;
    said_ += host.id + ": " + text + (error.empty() ? "" : " (" + std::string(error) + ')') + '\n';
    if (!streamed_) return open_ == 0 ? the_end() : std::vector<Datapack>();
    Datapack part = asked_.reply();
    part.set("part", std::to_string(parts_++));
    if (open_ == 0) part.set("end", "1");
    part.set("host", host.id);
    part.set("digest", digest_);
    part.set("error", error);
    part.body = text + '\n';
    return {part};
}

std::vector<Datapack> Campaign::the_end() const {
    Datapack answer = asked_.reply();
    answer.set("digest", digest_);
    answer.set("error", worst_);
    answer.body = said_;
    return {answer};
}

std::string one_line(std::string_view text) {
    constexpr std::size_t kMostBytes = 1000;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    std::string line(text.substr(0, kMostBytes));
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return line;
}

std::string listed(const std::vector<Campaign::Host>& hosts) {
    std::string text;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        if (i > 0) text += i + 1 == hosts.size() ? " and " : ", ";
        text += hosts[i].id;
    }
    return text;
}

}  // namespace msw::update
