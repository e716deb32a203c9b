#include "plugins/net/io/identity.hpp"

#include "base/replace_file.hpp"
#include "plugins/net/core/routes/announcement.hpp"

#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>

namespace msw::net {
namespace {

constexpr mode_t kMode = 0600;

/// @return the first line; empty if there is no such file
std::string first_line(const std::string& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

Result<void> write(const std::string& path, const std::string& text) {
    if (const int error = replace_file(path, text + "\n", kMode); error != 0) {
        return Error{Code::io, path + " can't be written: " + std::strerror(error)};
    }
    return {};
}

std::uint64_t random_bits() {
    const std::string flag = new_flag();  // 16 hex digits of the system's random source
    std::uint64_t bits = 0;
    (void)std::from_chars(flag.data(), flag.data() + flag.size(), bits, 16);
    return bits | 1U;
}

Result<void> read_member(const std::string& path, std::string& member) {
    member = first_line(path);
    if (member.empty()) {
        for (int i = 0; i < 4; ++i) member += new_flag();
        return write(path, member);
    }
    if (!valid_member(member)) {
        return Error{Code::bad_request, path +
                                            " is damaged: it holds 1 to 64 hex digits; where it is removed, this "
                                            "host is another one to the others"};
    }
    return {};
}

Result<void> raise(const std::string& path, std::uint64_t& epoch) {
    const std::string text = first_line(path);
    std::uint64_t last = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), last);
    if (!text.empty() && (status != std::errc{} || rest != text.data() + text.size() || last >= kLargestCount)) {
        return Error{Code::bad_request, path +
                                            " is damaged: it holds a number; where it is removed, the others tell "
                                            "this host how far it had counted"};
    }
    epoch = last + 1;
    return write(path, std::to_string(epoch));
}

}  // namespace

Result<void> begin_run(const std::string& state_dir, MeshSettings& settings) {
    settings.run = random_bits();
    if (Result<void> member = read_member(state_dir + "/member", settings.member); !member) return member;
    return raise(state_dir + "/epoch", settings.epoch);
}

void keep_epoch(const std::string& state_dir, std::uint64_t epoch, const plugin::Host& host) {
    if (const Result<void> kept = write(state_dir + "/epoch", std::to_string(epoch)); !kept) {
        host.log(MSW_ERR, kept.error().text);
    }
}

}  // namespace msw::net
