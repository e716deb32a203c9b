#include "msw/target.hpp"

#include "msw/host_id.hpp"

#include <algorithm>

namespace msw {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t from = 0;;) {
        const std::size_t at = text.find(separator, from);
        parts.push_back(text.substr(from, at == std::string_view::npos ? at : at - from));
        if (at == std::string_view::npos) return parts;
        from = at + 1;
    }
}

Error bad(std::string_view item, std::string_view why) {
    return {Code::bad_request, "target \"" + std::string(item) + "\": " + std::string(why)};
}

Result<Target> parse_item(std::string_view item) {
    if (item.empty()) return bad(item, "nothing stands where a host id, `@role` or `*` should");
    if (item == "*") return Target{Target::Kind::all, {}, {}};
    if (item.front() == '@') {
        if (!valid_host_id(item.substr(1))) return bad(item, "a role is `@` and letters, digits, `.`, `_` or `-`");
        return Target{Target::Kind::role, {}, std::string(item.substr(1))};
    }
    Target target;
    for (const std::string_view host : split(item, '&')) {
        if (same_host_id(host, "all")) return bad(item, "all other hosts are written `*`, in quotes for a shell");
        if (host.find(';') != std::string_view::npos) {
            return bad(item, "after the first `;`, fields are separated by `,`");
        }
        if (host.find_first_of(", ") != std::string_view::npos) {
            return bad(item, "several hosts are joined with `+`, as in `miku+rin`");
        }
        if (!valid_host_id(host)) {
            return bad(item, "\"" + std::string(host) + "\" is not a host id (" + std::string(kHostIdRule) + ")");
        }
        target.hosts.emplace_back(host);
    }
    if (target.hosts.size() > kLongestWay) {
        return bad(item, "a way has at most " + std::to_string(kLongestWay) + " hosts");
    }
    target.kind = target.hosts.size() == 1 ? Target::Kind::host : Target::Kind::way;
    return target;
}

}  // namespace

Result<std::vector<Target>> parse_targets(std::string_view text) {
    std::vector<Target> targets;
    for (const std::string_view item : split(text, '+')) {
        Result<Target> target = parse_item(item);
        if (!target) return target.error();
        if (std::find(targets.begin(), targets.end(), *target) == targets.end()) {
            targets.push_back(std::move(target).value());
        }
    }
    return targets;
}

}  // namespace msw
