// A line being edited on the terminal (libedit) while other things happen: between two keys it also watches a
// descriptor, and what is to be printed meanwhile appears above the line, which stays as it was.
#pragma once

#include "mswctl/globals.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mswctl {

/// What happens beside the typing.
class Watched {
public:
    Watched() = default;
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    Watched(Watched&&) = delete;
    Watched& operator=(Watched&&) = delete;
    virtual ~Watched() = default;

    /// @return a descriptor that calls for step() when it is readable; -1: none
    [[nodiscard]] virtual int fd() const = 0;
    /// @return when step() is to be called although nothing is readable
    [[nodiscard]] virtual Clock::time_point wake() const = 0;
    /// Do what there is to do, without blocking; may print through Editor::print_above().
    virtual void step() = 0;
};

/// Thread: one at a time, and one object in a program.
class Editor {
public:
    /// @param history  the file that lines are kept in; empty: none
    Editor(Watched& watched, std::string history);
    ~Editor();
    Editor(const Editor&) = delete;
    Editor& operator=(const Editor&) = delete;
    Editor(Editor&&) = delete;
    Editor& operator=(Editor&&) = delete;

    /// Let a person edit a line.
    /// @return the line without its end; empty after Ctrl-C; nothing at the end of input
    [[nodiscard]] std::optional<std::string> line(std::string prompt);

    /// Put a line into the history, and that into its file.
    void remember(const std::string& line);

    /// Print text above the line that is being edited, if one is.
    void print_above(std::string_view text);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// @return `$XDG_STATE_HOME/mswctl/history`, else `~/.local/state/mswctl/history`, its folders made (0700); empty if
/// there is no place for it
[[nodiscard]] std::string history_path();

}  // namespace mswctl
