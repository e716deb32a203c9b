#include "mswctl/admin.hpp"

#include "base/keys/admin_key.hpp"
#include "base/keys/key_file.hpp"
#include "base/system_error.hpp"

#include <termios.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <iostream>

namespace mswctl {
namespace {

using msw::Code;
using msw::Error;
using msw::SecretText;

/// While it lives what is typed isn't shown.
class NoEcho {
public:
    NoEcho() {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
    }
    ~NoEcho() {
        if (changed_) (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    NoEcho(const NoEcho&) = delete;
    NoEcho& operator=(const NoEcho&) = delete;
    NoEcho(NoEcho&&) = delete;
    NoEcho& operator=(NoEcho&&) = delete;

private:
    termios before_{};
    bool changed_ = false;
};

SecretText typed(Output& out, const std::string& question) {
    const NoEcho no_echo;
    out.talk(question);
    SecretText text;
    std::getline(std::cin, text.text);
    return text;
}

msw::Result<SecretText> from_file(const std::string& path) {
    SecretText text;
    mode_t mode = 0;
    if (const int error = msw::read_key_file(path, text, mode); error != 0) return msw::io_error(path, error);
    text.text.resize(text.text.find_last_not_of("\r\n") + 1);
    if (text.text.empty()) return Error{Code::bad_request, path + " holds no passphrase"};
    return text;
}

msw::Result<SecretText> passphrase_for(const AdminWish& wish, Output& out, const std::string& path) {
    if (!wish.passphrase_file.empty()) return from_file(wish.passphrase_file);
    if (!out.can_ask()) {
        return Error{Code::refused, path +
                                        " has a passphrase, and there is nobody to ask: --passphrase-file names a "
                                        "file that holds it"};
    }
    return typed(out, "passphrase of " + path + ":");
}

msw::Result<SecretText> new_passphrase(const AdminWish& wish, Output& out, const std::string& path) {
    if (!wish.passphrase_file.empty()) return from_file(wish.passphrase_file);
    if (!out.can_ask()) {
        return Error{Code::refused,
                     "--passphrase asks on a terminal, and there is none: --passphrase-file names a file"};
    }
    SecretText first = typed(out, "new passphrase for " + path + ":");
    const SecretText second = typed(out, "once more:");
    if (first.text.empty() || first.text != second.text) {
        return Error{Code::bad_request, "that was not the same twice; nothing was written"};
    }
    return first;
}

}  // namespace

msw::Result<msw::SigningKey> admin_key(const AdminWish& wish, Output& out) {
    return msw::read_admin_key(wish.admin_key, [&] { return passphrase_for(wish, out, wish.admin_key); });
}

msw::Result<msw::SigningKey> new_key(const std::string& path, const AdminWish& wish, Output& out) {
    SecretText passphrase;
    if (wish.passphrase || !wish.passphrase_file.empty()) {
        msw::Result<SecretText> given = new_passphrase(wish, out, path);
        if (!given) return given.error();
        passphrase = std::move(given).value();
    }
    return msw::make_admin_key(path, passphrase);
}

msw::Result<std::uint64_t> seconds_of(std::string_view text) {
    constexpr std::uint64_t kMost = 30ULL * 86400;
    std::uint64_t number = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
    constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> kUnits{
        {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}};
    for (const auto& [name, seconds] : kUnits) {
        if (status == std::errc{} && unit == name && number > 0 && number <= kMost / seconds) return number * seconds;
    }
    return Error{Code::bad_request,
                 "\"" + std::string(text) + "\" is no time: it takes 90s, 15m, 1h or 7d, and 30 days at most"};
}

}  // namespace mswctl
