// The command grammar of the prompt and of `mswctl send`:
//
//     app:body;key:value,key2:value2
//     (file)app:path;key:value
//
// A backslash before `:`, `;`, `,` or `\` takes that character as it is; before anything else it is a backslash.
// The first `:` ends the app, so a body may hold colons; a value may too.
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"

#include <string>
#include <string_view>

namespace msw {

/// Read one command.
/// @return a Datapack with method `post` (or `file`, with `filename` = the path as given), app, fields and body, not
/// yet with flag or id; or what is wrong and how to write it
[[nodiscard]] Result<Datapack> parse_command(std::string_view text);

/// @return `d` in the command grammar, such that parse_command() gives its app, body and fields back.
[[nodiscard]] std::string write_command(const Datapack& d);

/// @return `text` in single quotes for a POSIX shell, or as it is where it needs none.
[[nodiscard]] std::string shell_quoted(std::string_view text);

/// Check a field that a person or plugin wants to set.
/// @return an error if it isn't a field name, or one that only the daemon may set (`id`, `by`, `length`)
[[nodiscard]] Result<void> check_settable(std::string_view name);

}  // namespace msw
