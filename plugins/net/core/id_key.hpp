// Host ids as keys: they are unique whatever their case.
#pragma once

#include <string>
#include <string_view>

namespace msw::net {

/// @return `id` in lower case: the same for all spellings of one host id.
[[nodiscard]] inline std::string id_key(std::string_view id) {
    std::string key(id);
    for (char& c : key) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return key;
}

}  // namespace msw::net
