// The tables of a spool, and whose file it is.
//
// Versions: 1, the first. Changes add (a column with a default, a table); what was there keeps its meaning, so that
// the rows of an older mswd are taken over as they are. An older mswd does not open the file of a newer one.
#pragma once

#include "msw/result.hpp"

#include <cstdint>
#include <string>

namespace msw::spool {

class Database;

inline constexpr std::int64_t kSchemaVersion = 1;           ///< PRAGMA user_version
inline constexpr std::int64_t kApplicationId = 0x6d737764;  ///< PRAGMA application_id: "mswd"

/// Make the tables in an empty file, or see that they are there.
/// @param path  for messages
/// @return Code::unsupported: a newer mswd's file, or no spool at all. If `db` failed, that is for the caller to see.
[[nodiscard]] Result<void> prepare_schema(Database& db, const std::string& path);

}  // namespace msw::spool
