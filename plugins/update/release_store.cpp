#include "plugins/update/release_store.hpp"

#include "base/fd.hpp"
#include "base/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>

namespace msw::release {
namespace {

/// @return the beginning of a small file, without its line end; empty if there is none
std::string read_small(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) return {};
    std::array<char, 1024> buffer{};
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    const std::string text(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    return text.substr(0, text.find('\n'));
}

std::optional<Trial> parse_trial(const std::string& line) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || !is_digest(std::string_view(line).substr(0, space))) return std::nullopt;
    Trial trial{line.substr(0, space), 0};
    const char* const end = line.data() + line.size();
    if (std::from_chars(line.data() + space + 1, end, trial.attempts).ptr != end) return std::nullopt;
    return trial;
}

}  // namespace

bool Store::runnable(const std::string& digest) const {
    struct stat info {};
    const std::string program = program_of(digest);
    return ::stat(program.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(program.c_str(), X_OK) == 0;
}

State Store::read() const {
    const auto digest_or_nothing = [](const std::string& text) { return is_digest(text) ? text : std::string(); };
    State state;
    state.current = digest_or_nothing(read_link("current"));
    state.next = digest_or_nothing(read_link("next"));
    state.previous = read_link("previous");
    if (state.previous != kBase) state.previous = digest_or_nothing(state.previous);
    state.trial = parse_trial(read_small(folder_ + "/trial"));
    return state;
}

std::string Store::failed() const { return read_small(folder_ + "/failed"); }

int Store::apply(const Step& step) const {
    switch (step.kind) {
        case Step::Kind::set_current: return set_link("current", step.digest);
        case Step::Kind::set_previous: return set_link("previous", step.digest);
        case Step::Kind::set_trial:
            return write_file("trial", step.digest + ' ' + std::to_string(step.attempts) + '\n');
        case Step::Kind::set_failed: return write_file("failed", step.digest + ' ' + step.why + '\n');
        case Step::Kind::remove_current: return remove("current");
        case Step::Kind::remove_next: return remove("next");
        case Step::Kind::remove_trial: return remove("trial");
    }
    return EINVAL;
}

int Store::set_next(const std::string& digest) const { return set_link("next", digest); }

std::string Store::read_link(const char* name) const {
    std::array<char, PATH_MAX> buffer{};
    const ssize_t n = ::readlink((folder_ + '/' + name).c_str(), buffer.data(), buffer.size());
    return {buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

int Store::set_link(const char* name, const std::string& target) const {
    return replace_link(folder_ + '/' + name, target, files_);
}

int Store::write_file(const char* name, std::string_view text) const {
    return replace_file(folder_ + '/' + name, text, 0644, files_);
}

int Store::remove(const char* name) const { return remove_file(folder_ + '/' + name, files_); }

}  // namespace msw::release
