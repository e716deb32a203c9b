#include "daemon/state_dir.hpp"

#include "base/replace_file.hpp"
#include "base/system_error.hpp"
#include "msw/host_id.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace msw {
namespace {

std::string id_path(const std::string& state_dir) { return state_dir + "/id"; }

/// @return the id that was used last, or nothing
Result<std::string> known_host_id(const std::string& state_dir) {
    std::string known;
    if (std::ifstream in(id_path(state_dir)); in) std::getline(in, known);
    if (known.empty() || valid_host_id(known)) return known;
    return Error{Code::bad_request, id_path(state_dir) + ": \"" + known + "\" is not a host id; remove the file"};
}

}  // namespace

Result<Fd> lock_state_dir(const std::string& state_dir) {
    std::error_code failed;
    std::filesystem::create_directories(state_dir, failed);
    if (failed) return Error{Code::io, state_dir + ": " + failed.message() + "; choose another --state-dir"};
    const std::string path = state_dir + "/lock";
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!fd) return Error{Code::io, path + ": " + system_says(errno) + "; choose another --state-dir"};
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        return Error{Code::name_taken,
                     state_dir + ": another mswd uses this state directory; stop it or choose another --state-dir"};
    }
    return fd;
}

Result<std::string> find_host_id(const std::string& state_dir, const std::string& configured) {
    std::string member;
    std::ifstream in(state_dir + "/member-id");
    if (std::getline(in, member) && valid_host_id(member)) return member;
    Result<std::string> known = known_host_id(state_dir);
    if (!known) return known;
    if (!configured.empty()) return configured;
    if (!known->empty()) return known;
    std::array<char, 256> name{};
    (void)::gethostname(name.data(), name.size() - 1);
    return host_id_from_name(name.data());
}

Result<std::string> choose_host_id(const std::string& state_dir, const std::string& configured) {
    const Result<std::string> known = known_host_id(state_dir);
    Result<std::string> id = find_host_id(state_dir, configured);
    if (!id || *id == *known) return id;
    const std::string path = id_path(state_dir);
    if (const int failed = replace_file(path, *id + "\n", 0640); failed != 0) {
        return io_error(path, failed);
    }
    return id;
}

void confirm_release(const std::string& state_dir) noexcept {
    const std::string path = state_dir + "/releases/trial";
    ::unlink(path.c_str());
}

void note_orderly_end(const std::string& state_dir) noexcept {
    const std::string path = state_dir + "/crash-note";
    ::unlink(path.c_str());
}

}  // namespace msw
