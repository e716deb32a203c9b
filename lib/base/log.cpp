#include "base/log.hpp"

#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace msw {
namespace {

/// systemd says in $JOURNAL_STREAM which device and inode lead to the journal (systemd.exec(5)).
bool stderr_is_journal() noexcept {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat info {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &info) != 0) return false;
    std::array<char, 64> here{};
    (void)std::snprintf(here.data(), here.size(), "%ju:%ju", static_cast<std::uintmax_t>(info.st_dev),
                        static_cast<std::uintmax_t>(info.st_ino));
    return std::string_view(stream) == here.data();
}

std::string_view name_of(Priority p) noexcept {
    switch (p) {
        case Priority::error: return "error";
        case Priority::warning: return "warning";
        case Priority::notice: return "notice";
        case Priority::info: return "info";
        case Priority::debug: return "debug";
    }
    return "info";
}

std::string time_text() {
    timespec now{};
    (void)::clock_gettime(CLOCK_REALTIME, &now);
    tm local{};
    (void)::localtime_r(&now.tv_sec, &local);
    std::array<char, 40> text{};
    const std::size_t n = std::strftime(text.data(), text.size(), "%F %T", &local);
    (void)std::snprintf(text.data() + n, text.size() - n, ".%03ld", now.tv_nsec / 1000000);
    return text.data();
}

void to_journal(Priority priority, std::string_view app, std::string_view message, std::span<const LogField> fields) {
    std::vector<std::string> entries;
    entries.reserve(fields.size() + 4);
    const auto add = [&](std::string_view name, std::string_view value) {
        entries.push_back(std::string(name) + '=' + std::string(value));
    };
    add("MESSAGE", message);
    add("PRIORITY", std::to_string(static_cast<int>(priority)));
    add("SYSLOG_IDENTIFIER", "mswd");
    add("MSW_APP", app);
    for (const LogField& f : fields) add(f.name, f.value);
    std::vector<iovec> parts;
    parts.reserve(entries.size());
    for (std::string& e : entries) parts.push_back({e.data(), e.size()});
    (void)sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

}  // namespace

std::string one_line(std::string_view message) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    out.reserve(message.size());
    for (const char c : message) {
        const auto u = static_cast<unsigned char>(c);
        if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (u < 0x20 || u == 0x7f) {
            out += "\\x";
            out += kDigits[u >> 4U];
            out += kDigits[u & 15U];
        } else {
            out += c;
        }
    }
    return out;
}

Log::Log(Priority most_talkative) : most_talkative_(most_talkative), to_journal_(stderr_is_journal()) {}

void Log::observe(Observer observer) {
    const std::lock_guard lock(mutex_);
    observer_ = std::move(observer);
}

void Log::last_words(Priority priority, std::string_view app, std::string_view message) {
    if (!to_journal_) {
        write(priority, app, message);
        return;
    }
    // sd-daemon(3): a stream to the journal takes the priority from a prefix.
    std::string text = "<" + std::to_string(static_cast<int>(priority)) + ">";
    text.append(one_line(message)).append("\n");
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) write(priority, app, message);
}

void Log::write(Priority priority, std::string_view app, std::string_view message, std::span<const LogField> fields) {
    if (priority > most_talkative_) return;
    const auto now = std::chrono::duration_cast<LineBudget::Time>(std::chrono::steady_clock::now().time_since_epoch());
    std::vector<LineBudget::LeftOut> left_out;
    bool granted = false;
    {
        const std::lock_guard lock(mutex_);
        left_out = budget_.settle(now);
        granted = budget_.grant(app, static_cast<int>(priority), now);
    }
    put_left_out(left_out);
    if (granted) put(priority, app, message, fields);
}

Log::~Log() {
    observer_ = nullptr;  // it may be gone by now
    put_left_out(budget_.settle_all());
}

void Log::put_left_out(const std::vector<LineBudget::LeftOut>& all) {
    for (const LineBudget::LeftOut& kind : all) {
        put(static_cast<Priority>(kind.priority), kind.app,
            std::to_string(kind.lines) + " more lines like the " + std::to_string(LineBudget::kLines) +
                " before were left out within 10 s",
            {});
    }
}

void Log::put(Priority priority, std::string_view app, std::string_view message, std::span<const LogField> fields) {
    Observer observer;
    {
        const std::lock_guard lock(mutex_);
        observer = observer_;
    }
    if (to_journal_) to_journal(priority, app, message, fields);
    if (to_journal_ && !observer) return;  // nobody reads it as text
    std::string line = time_text();
    line.append(" ").append(name_of(priority)).append(" ").append(app).append(": ").append(one_line(message));
    for (const LogField& f : fields) {
        if (f.name == "MSW_FLAG") line.append(" [flag ").append(one_line(f.value)).append("]");
    }
    if (!to_journal_) {
        const std::string with_end = line + '\n';
        // One write a line: lines of several threads and processes on one stderr stay whole. A lost line has no remedy.
        if (::write(STDERR_FILENO, with_end.data(), with_end.size()) < 0) line.append(" (not on stderr)");
    }
    if (observer) observer(line);
}

}  // namespace msw
