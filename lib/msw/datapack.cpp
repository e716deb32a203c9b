#include "msw/datapack.hpp"

#include <sys/random.h>
#include <unistd.h>
#include <array>
#include <cerrno>

namespace msw {

File::~File() {
    if (fd_ >= 0) ::close(fd_);
}

Datapack Datapack::reply() const {
    Datapack answer("reply", std::string(get("from")));
    answer.version = version;
    answer.set("to", get("id"));
    answer.set("flag", get("flag"));
    return answer;
}

Datapack Datapack::error_reply(Code code, std::string_view sentence) const {
    Datapack answer = reply();
    answer.set("error", wire_name(code));
    answer.body = sentence;
    return answer;
}

void Datapack::clear() noexcept {
    method.clear();
    app.clear();
    version = Version::v1;
    head.clear();
    body.clear();
    file.reset();
}

std::size_t Datapack::weight() const noexcept {
    constexpr std::size_t kBookkeeping = 256;
    return kBookkeeping + app.size() + head.wire_size() + body.size();
}

std::string new_flag() {
    std::array<unsigned char, 8> random{};
    std::size_t have = 0;
    while (have < random.size()) {
        const ssize_t n = ::getrandom(random.data() + have, random.size() - have, 0);
        if (n > 0) {
            have += static_cast<std::size_t>(n);
        } else if (errno != EINTR) {
            ::abort();  // no kernel that mswd runs on lacks it
        }
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string flag;
    for (const unsigned char byte : random) {
        flag += kDigits[byte >> 4U];
        flag += kDigits[byte & 15U];
    }
    return flag;
}

}  // namespace msw
