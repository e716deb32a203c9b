// Where mswctl's words go: data on stdout, talk on stderr, colour on a terminal only.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mswctl {

class Table;

/// Thread: one at a time.
class Output {
public:
    /// Takes text to print while a line is being edited, so that it stands above that line.
    using Above = std::function<void(std::string_view)>;

    /// Looks at stdin, stdout, stderr, NO_COLOR and TERM.
    Output();

    /// Write to stdout as it is.
    void data(std::string_view bytes);
    /// Write a table to stdout, fitted to the terminal if it is one.
    void table(const Table& table);
    /// Write a sentence (or more lines) for people to stderr; control characters become visible on a terminal.
    void talk(std::string_view text);

    /// From now on data and talk go there; an empty function ends that.
    void set_above(Above above) { above_ = std::move(above); }

    /// @return whether a person can be asked: stdin and stderr are a terminal
    [[nodiscard]] bool can_ask() const noexcept { return can_ask_; }
    /// @return whether stdin and stdout are a terminal that can be written on in any place
    [[nodiscard]] bool can_edit() const noexcept { return can_edit_; }
    [[nodiscard]] bool data_on_terminal() const noexcept { return out_terminal_; }
    /// @return `host` in a colour of its own, or as it is where there is no colour
    [[nodiscard]] std::string coloured_host(std::string_view host) const;
    [[nodiscard]] std::string bold(std::string_view text) const;
    /// @return whether writing to stdout failed (a full disk; a closed pipe ends the program)
    [[nodiscard]] bool failed() const noexcept { return failed_; }

    /// Ask a question on the terminal; the answer is the next line of stdin.
    /// @return whether it was a yes
    [[nodiscard]] bool ask(std::string_view question);

private:
    [[nodiscard]] static std::size_t terminal_width();

    Above above_;
    bool out_terminal_ = false;
    bool talk_terminal_ = false;
    bool can_ask_ = false;
    bool can_edit_ = false;
    bool colour_ = false;
    bool failed_ = false;
};

/// @return whether `text` is `y` or `yes` in any case, blanks around it aside
[[nodiscard]] bool means_yes(std::string_view text);

}  // namespace mswctl
