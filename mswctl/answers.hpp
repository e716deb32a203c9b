// How answers look: bare, behind the name of their host, or as JSON.
#pragma once

#include "msw/datapack.hpp"
#include "mswctl/output.hpp"
#include "mswctl/verdicts.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mswctl {

enum class Form : std::uint8_t {
    bare,      ///< the body as it is: there is one target
    prefixed,  ///< `HOST: ` before each line
    json,      ///< an object a line: host, app, error, exit, body, fields
};

/// @return `body` with `prefix` before each line, each line ended; one that is empty gives nothing
[[nodiscard]] std::string prefixed_lines(std::string_view prefix, std::string_view body);

/// @param app  whom the question was for: for an answer that doesn't say `from` whom it is
/// @return the answer as one line of JSON
[[nodiscard]] std::string json_line(std::string_view host, std::string_view app, const msw::Datapack& d);

/// Thread: one at a time.
class AnswerPrinter {
public:
    /// @param width  columns of the longest host id, to align what follows
    /// @param app    whom the questions are for
    AnswerPrinter(Output& out, Form form, std::size_t width, std::string app)
        : out_(out), form_(form), width_(width), app_(std::move(app)) {}

    /// Print an answer, a part of one, or an error.
    /// @param asked  the host that was asked; a part that names a `host` is about that one
    void print(std::string_view asked, const msw::Datapack& d);

    /// Say that the question to a host is on disk until that has it.
    void print_queued(std::string_view host, std::string_view flag);

    /// Say that a host didn't answer.
    /// @param text  how long was waited, and for what
    void print_missing(std::string_view host, const std::string& text);

private:
    void print_error(std::string_view host, std::string_view code, std::string_view text);
    [[nodiscard]] std::string prefix(std::string_view host) const;

    Output& out_;
    Form form_;
    std::size_t width_;
    std::string app_;
};

}  // namespace mswctl
