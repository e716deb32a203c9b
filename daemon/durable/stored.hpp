// A Datapack as a row of the spool has it, and when it ends.
#pragma once

#include "base/log.hpp"
#include "base/spool/rows.hpp"
#include "msw/datapack.hpp"
#include "msw/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace msw::durable {

/// How long a durable Datapack is kept that says nothing of it: 7 days.
inline constexpr spool::Seconds kLifetime = 7 * spool::Seconds{86400};

/// @return seconds since 1970, by the clock on the wall
[[nodiscard]] spool::Seconds now() noexcept;

/// @return when it ends: its `expires`, else kLifetime from now; Code::bad_request if that is no time
[[nodiscard]] Result<spool::Seconds> end_of(const Datapack& d, spool::Seconds now);

/// @return its bytes; Code::unsupported for one with a file, or what the encoder says
[[nodiscard]] Result<std::string> to_bytes(const Datapack& d);
/// @return Code::bad_request if they are no Datapack
[[nodiscard]] Result<Datapack> from_bytes(std::string_view bytes);

/// @return what lines of the journal about it are found by
[[nodiscard]] std::vector<LogField> journal_fields(const Datapack& d);

/// @return whether an answer is a part that others follow
[[nodiscard]] bool more_follow(const Datapack& answer) noexcept;

}  // namespace msw::durable
