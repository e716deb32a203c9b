#include "base/keys/key_file.hpp"

#include "base/fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace msw {

int read_key_file(const std::string& path, SecretText& secret, mode_t& mode) {
    constexpr std::size_t kMostBytes = 4096;  // two keys in PEM are 240
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!file) return errno;
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return errno;
    if (!S_ISREG(info.st_mode)) return EINVAL;
    mode = info.st_mode & 07777U;
    std::string& text = secret.text;
    text.resize(kMostBytes + 1);
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size == text.size()) return EFBIG;
    text.resize(size);
    return 0;
}

}  // namespace msw
