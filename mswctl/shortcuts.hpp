// What a line at the prompt means: a command, a word of the prompt, or a shortcut for one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mswctl {

struct Line {
    enum class Kind : std::uint8_t {
        nothing,  ///< empty, or a comment that begins with `#`
        command,  ///< `text` is in the command grammar
        word,     ///< `text` is a word of mswctl: status, peers, plugins, queue, reload
        restart,
        exit,
        help,
        quit,
        no_last,  ///< `r`, but there was no line before
        unknown,  ///< `text` is none of these
    };
    Kind kind = Kind::nothing;
    std::string text;
};

/// Read a line.
/// @param last  the line before, for `r`; a shortcut or word stands there as it was written
[[nodiscard]] Line read_line(std::string_view line, std::string_view last);

/// What `help` prints.
inline constexpr std::string_view kPromptHelp =
    "app:body;key:value,key2:value2   send a message, e.g. shell:uptime;to:miku\n"
    "(file)app:path;key:value         send a file, e.g. (file)log:notes.txt;to:miku\n"
    "status peers plugins queue       how this host's mswd is\n"
    "reload                           read the config again\n"
    "update                           update:compress;update_to:*\n"
    "1                                ffmpeg:autostart\n"
    "2                                ffmpeg:enable;to:*,server:miku\n"
    "r                                the last line again\n"
    "restart                          end mswd, to be started again\n"
    "exit                             end mswd, to stay down (`quit` only leaves the prompt)\n"
    "help, quit (or Ctrl-D)           this text; leave\n";

}  // namespace mswctl
