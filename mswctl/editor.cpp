#include "mswctl/editor.hpp"

#include <histedit.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <filesystem>
#include <system_error>

namespace mswctl {
namespace {

constexpr int kHistoryLines = 1000;

// A signal handler can reach nothing but a global.
volatile std::sig_atomic_t interrupted = 0;
void on_interrupt(int) { interrupted = 1; }

std::size_t terminal_columns() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// Where the cursor stands after text has been written, as libedit writes it.
class Cursor {
public:
    explicit Cursor(std::size_t columns) : columns_(columns) {}
    void put(wchar_t c) {
        const int shown = ::wcwidth(c);
        const std::size_t width = shown >= 0 ? static_cast<std::size_t>(shown) : 2;  // a control character is `^X`
        if (column_ + width > columns_) next();
        column_ += width;
        if (column_ >= columns_) next();
    }
    [[nodiscard]] std::size_t row() const noexcept { return row_; }

private:
    void next() {
        ++row_;
        column_ = 0;
    }
    std::size_t columns_;
    std::size_t row_ = 0;
    std::size_t column_ = 0;
};

}  // namespace

struct Editor::State {
    Watched& watched;
    std::string history_file;
    std::string prompt;
    bool editing = false;
    EditLine* el = nullptr;
    History* history = nullptr;
    std::mbstate_t partial{};  // of a character whose bytes haven't all been read
    struct sigaction old_interrupt {};

    static char* give_prompt(EditLine* el) { return of(el).prompt.data(); }
    static int give_char(EditLine* el, wchar_t* c) { return of(el).next_char(c); }
    static State& of(EditLine* el) {
        void* self = nullptr;
        el_get(el, EL_CLIENTDATA, &self);
        return *static_cast<State*>(self);
    }

    int next_char(wchar_t* c);
    int read_byte(wchar_t* c);
    [[nodiscard]] std::size_t row_of(const wchar_t* end) const;
    void leave_line() const;
};

/// @return 1: a character; 0: the end of input; -1: the line is to be dropped
int Editor::State::next_char(wchar_t* c) {
    for (;;) {
        if (interrupted != 0) {
            leave_line();
            return -1;
        }
        const auto left = std::chrono::ceil<Milliseconds>(watched.wake() - Clock::now());
        std::array<pollfd, 2> ready{{{STDIN_FILENO, POLLIN, 0}, {watched.fd(), POLLIN, 0}}};
        const int n =
            ::poll(ready.data(), ready.size(), static_cast<int>(std::clamp<long long>(left.count(), 0, 60'000)));
        if (n < 0 && errno != EINTR) return 0;
        if (n < 0) continue;
        if (n == 0 || ready[1].revents != 0) watched.step();
        if (ready[0].revents == 0) continue;
        if (const int got = read_byte(c); got != 2) return got;
    }
}

/// @return as next_char(), or 2 if the character isn't whole yet
int Editor::State::read_byte(wchar_t* c) {
    char byte = 0;
    const ssize_t n = ::read(STDIN_FILENO, &byte, 1);
    if (n < 0 && errno == EINTR) return 2;
    if (n <= 0) return 0;
    const std::size_t used = std::mbrtowc(c, &byte, 1, &partial);
    if (used == static_cast<std::size_t>(-2)) return 2;
    if (used == static_cast<std::size_t>(-1)) {
        partial = {};
        return 2;
    }
    return 1;
}

/// @param end  a place in the line
/// @return rows between where the prompt begins and that place
std::size_t Editor::State::row_of(const wchar_t* end) const {
    Cursor cursor(terminal_columns());
    for (const char c : prompt) cursor.put(static_cast<wchar_t>(c));  // prompts are ASCII
    for (const wchar_t* c = el_wline(el)->buffer; c < end; ++c) cursor.put(*c);
    return cursor.row();
}

/// Go to the row below the line, which stays to be read.
void Editor::State::leave_line() const {
    const LineInfoW* line = el_wline(el);
    for (std::size_t row = row_of(line->cursor); row <= row_of(line->lastchar); ++row) (void)std::fputc('\n', stdout);
    (void)std::fflush(stdout);
}

Editor::Editor(Watched& watched, std::string history)
    : state_(std::make_unique<State>(State{watched, std::move(history), {}})) {
    State& s = *state_;
    s.el = el_init("mswctl", stdin, stdout, stderr);
    s.history = history_init();
    if (s.el == nullptr || s.history == nullptr) throw std::bad_alloc();
    HistEvent event{};
    ::history(s.history, &event, H_SETSIZE, kHistoryLines);
    ::history(s.history, &event, H_SETUNIQUE, 1);
    if (!s.history_file.empty()) ::history(s.history, &event, H_LOAD, s.history_file.c_str());
    el_set(s.el, EL_CLIENTDATA, state_.get());
    el_set(s.el, EL_PROMPT, &State::give_prompt);
    el_set(s.el, EL_EDITOR, "emacs");
    el_set(s.el, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(s.el, EL_HIST, ::history, s.history);
    el_source(s.el, nullptr);
    // libedit puts the terminal back before a signal takes effect; ours then only drops the line.
    el_set(s.el, EL_SIGNAL, 1);
    el_set(s.el, EL_GETCFN, &State::give_char);
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, &s.old_interrupt);
}

Editor::~Editor() {
    el_end(state_->el);
    history_end(state_->history);
    ::sigaction(SIGINT, &state_->old_interrupt, nullptr);
}

std::optional<std::string> Editor::line(std::string prompt) {
    State& s = *state_;
    s.prompt = std::move(prompt);
    s.partial = {};
    interrupted = 0;
    int length = 0;
    s.editing = true;
    // Before the prompt shows, not after: what is typed in between would be echoed by the terminal, and again by
    // libedit.
    el_set(s.el, EL_PREP_TERM, 1);
    const char* text = el_gets(s.el, &length);
    s.editing = false;
    if (interrupted != 0) return std::string();
    if (text == nullptr || length <= 0) {
        (void)std::fputc('\n', stdout);
        return std::nullopt;
    }
    std::string line(text, static_cast<std::size_t>(length));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    return line;
}

void Editor::remember(const std::string& line) {
    State& s = *state_;
    HistEvent event{};
    ::history(s.history, &event, H_ENTER, line.c_str());
    // At once, since a prompt often ends with its window; libedit makes the file readable by its owner only.
    if (!s.history_file.empty()) ::history(s.history, &event, H_SAVE, s.history_file.c_str());
}

void Editor::print_above(std::string_view text) {
    State& s = *state_;
    if (text.empty()) return;
    if (s.editing) {
        std::string clear = "\r";
        if (const std::size_t row = s.row_of(el_wline(s.el)->cursor); row > 0)
            clear += "\x1b[" + std::to_string(row) + 'A';
        clear += "\x1b[J";
        (void)std::fwrite(clear.data(), 1, clear.size(), stdout);
    }
    (void)std::fwrite(text.data(), 1, text.size(), stdout);
    if (s.editing && text.back() != '\n') (void)std::fputc('\n', stdout);
    (void)std::fflush(stdout);
    if (s.editing) el_set(s.el, EL_REFRESH, nullptr);
}

std::string history_path() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::filesystem::path(value == nullptr ? "" : value);
    };
    std::filesystem::path folder = variable("XDG_STATE_HOME");
    if (!folder.is_absolute()) {
        folder = variable("HOME");
        if (!folder.is_absolute()) return {};
        folder = folder / ".local" / "state";
    }
    folder /= "mswctl";
    std::error_code failed;
    std::filesystem::create_directories(folder.parent_path(), failed);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return {};
    return folder / "history";
}

}  // namespace mswctl
