#include "plugins/net/io/tls/tls_terms.hpp"

#include <cstddef>
#include <stdexcept>

namespace msw::net {
namespace {

/// @return the name that `list` begins with, taken off it; empty at the end, and where its length makes no sense
std::string_view take_name(std::string_view& list) noexcept {
    if (list.empty()) return {};
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(list.front()));
    list.remove_prefix(1);
    if (size > list.size()) return {};
    const std::string_view name = list.substr(0, size);
    list.remove_prefix(size);
    return name;
}

}  // namespace

std::string protocol_list(std::span<const std::string_view> names) {
    if (names.empty()) throw std::invalid_argument("a connection needs a protocol");
    std::string list;
    for (const std::string_view name : names) {
        if (name.empty() || name.size() > 255) throw std::invalid_argument("a protocol's name has 1 to 255 bytes");
        list += static_cast<char>(name.size());
        list += name;
    }
    return list;
}

std::string_view common_protocol(std::string_view ours, std::string_view theirs) noexcept {
    for (std::string_view mine = take_name(ours); !mine.empty(); mine = take_name(ours)) {
        std::string_view rest = theirs;
        for (std::string_view name = take_name(rest); !name.empty(); name = take_name(rest)) {
            if (name == mine) return mine;
        }
    }
    return {};
}

}  // namespace msw::net
