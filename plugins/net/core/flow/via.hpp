// The list of hosts that a Datapack must pass, as it is written between hosts and on disk: ids with commas between.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// @return the hosts as a list; empty if there are none
[[nodiscard]] inline std::string joined_via(const std::vector<std::string>& hosts) {
    std::string text;
    for (const std::string& host : hosts) text.append(text.empty() ? "" : ",").append(host);
    return text;
}

/// @return the first host of a list; empty if it is
[[nodiscard]] inline std::string_view first_of(std::string_view via) noexcept { return via.substr(0, via.find(',')); }

/// @return a list without its first host
[[nodiscard]] inline std::string_view rest_of(std::string_view via) noexcept {
    const std::size_t comma = via.find(',');
    return comma == std::string_view::npos ? std::string_view{} : via.substr(comma + 1);
}

/// @return the hosts of a list
[[nodiscard]] inline std::vector<std::string> split_via(std::string_view via) {
    std::vector<std::string> hosts;
    for (; !via.empty(); via = rest_of(via)) hosts.emplace_back(first_of(via));
    return hosts;
}

/// @return the lines that say on a Datapack where it goes
[[nodiscard]] inline std::string lines_for(std::string_view host, std::string_view via) {
    std::string lines("to: ");
    lines.append(host).append("\n");
    if (!via.empty()) lines.append("via: ").append(via).append("\n");
    return lines;
}

}  // namespace msw::net
