// The one grammar for `to`, `update_to` and TARGETS: `miku`, `a+b`, `@role`, `*`, and `A&B&C` for a way to be taken.
#pragma once

#include "msw/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace msw {

/// One item of a target list.
struct Target {
    enum class Kind {
        host,  ///< one host id
        way,   ///< through all but the last of `hosts` to the last one
        role,  ///< every host of a role
        all,   ///< every host but oneself
    };
    Kind kind = Kind::host;
    std::vector<std::string> hosts;  ///< one for host, two or more for way, none else
    std::string role;                ///< for role

    friend bool operator==(const Target&, const Target&) = default;
};

/// The longest way that may be forced: hosts in `A&B&C`.
inline constexpr std::size_t kLongestWay = 16;

/// Read a target list: items joined by `+`.
/// @return its items in order, each once; or what is wrong, naming the item
[[nodiscard]] Result<std::vector<Target>> parse_targets(std::string_view text);

}  // namespace msw
