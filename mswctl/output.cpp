#include "mswctl/output.hpp"

#include "mswctl/table.hpp"
#include "mswctl/text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace mswctl {
namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : value;
}

}  // namespace

Output::Output() {
    const bool in = ::isatty(STDIN_FILENO) == 1;
    const std::string_view terminal = environment("TERM");
    const bool able = !terminal.empty() && terminal != "dumb";
    out_terminal_ = ::isatty(STDOUT_FILENO) == 1;
    talk_terminal_ = ::isatty(STDERR_FILENO) == 1;
    can_ask_ = in && talk_terminal_;
    can_edit_ = in && out_terminal_ && able;
    colour_ = out_terminal_ && able && environment("NO_COLOR").empty();
}

void Output::data(std::string_view bytes) {
    if (above_) {
        above_(bytes);
        return;
    }
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() || std::fflush(stdout) != 0) failed_ = true;
}

void Output::table(const Table& table) { data(table.text(out_terminal_ ? terminal_width() : 0, colour_)); }

void Output::talk(std::string_view text) {
    std::string line = talk_terminal_ ? printable(text) : std::string(text);
    if (line.empty() || line.back() != '\n') line += '\n';
    if (above_) {
        above_(line);
    } else {
        (void)std::fwrite(line.data(), 1, line.size(), stderr);
    }
}

std::string Output::coloured_host(std::string_view host) const {
    if (!colour_) return std::string(host);
    constexpr std::array<const char*, 5> kColours{"\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[35m", "\x1b[34m"};
    unsigned sum = 0;
    for (const char c : host) sum = sum * 31 + static_cast<unsigned char>(c);
    return kColours[sum % kColours.size()] + std::string(host) + "\x1b[0m";
}

std::string Output::bold(std::string_view text) const {
    return colour_ ? "\x1b[1m" + std::string(text) + "\x1b[0m" : std::string(text);
}

bool Output::ask(std::string_view question) {
    const std::string text = printable(question) + ' ';
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
    std::string line;
    if (!std::getline(std::cin, line)) {
        (void)std::fputc('\n', stderr);
        return false;
    }
    return means_yes(line);
}

std::size_t Output::terminal_width() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

bool means_yes(std::string_view text) {
    std::string word;
    for (const char c : text) {
        if (std::isspace(static_cast<unsigned char>(c)) == 0) {
            word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
    }
    return word == "y" || word == "yes";
}

}  // namespace mswctl
