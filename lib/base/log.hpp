// The journal: lines with fields, to systemd's journal where stderr leads there, else to stderr as text. What floods it
// is cut to a number of lines (LineBudget) and the rest counted in one.
#pragma once

#include "base/line_budget.hpp"

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace msw {

/// As in syslog(3).
enum class Priority : int { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// A journal field: an upper-case name (systemd.journal-fields(7)) and any bytes.
struct LogField {
    std::string_view name;
    std::string_view value;
};

/// Thread: any.
class Log {
public:
    /// Called with each line as text, outside the lock, on the thread that wrote it. It must not write to the Log.
    using Observer = std::function<void(const std::string& line)>;

    /// @param most_talkative  lines of a less urgent priority are left out
    explicit Log(Priority most_talkative = Priority::info);
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    Log(Log&&) = delete;
    Log& operator=(Log&&) = delete;
    ~Log();

    /// Write a line. @param app  the plugin it is about (MSW_APP); "mswd" for the daemon itself
    void write(Priority priority, std::string_view app, std::string_view message, std::span<const LogField> fields);
    void write(Priority priority, std::string_view app, std::string_view message,
               std::initializer_list<LogField> fields = {}) {
        write(priority, app, message, std::span<const LogField>(fields.begin(), fields.size()));
    }

    /// A line right before the process ends. It goes through stderr even where that is the journal: what a process
    /// sends there itself and then is gone may be filed without its unit, and `systemctl status` would not show it.
    void last_words(Priority priority, std::string_view app, std::string_view message);

    void observe(Observer observer);

private:
    void put(Priority priority, std::string_view app, std::string_view message, std::span<const LogField> fields);
    void put_left_out(const std::vector<LineBudget::LeftOut>& all);

    Priority most_talkative_;
    bool to_journal_;
    std::mutex mutex_;
    Observer observer_;
    LineBudget budget_;
};

/// @return `message` on one line: line ends and other control characters as `\n`, `\t` or `\xNN`.
[[nodiscard]] std::string one_line(std::string_view message);

}  // namespace msw
