// From the words of a command line to a Datapack.
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mswctl {

/// What a person wrote.
struct Wish {
    std::string spec;                 ///< `app:body;key:value` or `(file)app:path;key:value`
    std::vector<std::string> fields;  ///< of `-f`: `NAME=VALUE`
    std::string to;                   ///< of `--to`, or empty
};

/// Make a Datapack of it, with a flag; no file is opened yet.
/// @return the Datapack; or what is wrong and how to write it
[[nodiscard]] msw::Result<msw::Datapack> compose(const Wish& wish);

/// Open the file of a `(file)` command, whose `filename` is still the path as given, and name it for the receiver: the
/// path from the working folder if it lies inside, else the last part of it.
/// @param d  a Datapack; left alone unless its method is `file`
[[nodiscard]] msw::Result<void> open_file_of(msw::Datapack& d);

/// @return whether `d` is meant for `app`: alone, in a list (`a&b`), or because it is for all
[[nodiscard]] bool is_for(const msw::Datapack& d, std::string_view app);

/// What a command that acts on a host lacks to say on which.
enum class Lack {
    nothing,
    to,         ///< a command of `shell`, or a file for `update`, without `to`
    update_to,  ///< a command of `update` without `update_to`
};

[[nodiscard]] Lack lack_of(const msw::Datapack& d);

/// @return what would happen, as a sentence without its end, e.g. "shell:uptime names no host and runs on this host, a"
[[nodiscard]] std::string lack_words(const msw::Datapack& d, std::string_view host);

/// @param command  of mswctl: `send` or `call`
/// @return how to say it instead: the quoted form and `--here`, over several lines
[[nodiscard]] std::string lack_advice(const msw::Datapack& d, std::string_view command);

}  // namespace mswctl
