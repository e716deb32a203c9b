#include "msw/datapack.hpp"

#include <pthread.h>
#include <sys/random.h>
#include <unistd.h>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace msw {
namespace {

using FlagText = std::array<char, 16>;

/// Flags nobody can guess: a counter through SipHash-1-3 (Aumasson, Bernstein) under a random key. A system call for
/// each was a fifth of what passing a Datapack on costs.
/// Thread: one each (of_this_thread).
class Flags {
public:
    static Flags& of_this_thread() noexcept {
        thread_local Flags flags;
        return flags;
    }

    FlagText next() noexcept {
        constexpr std::string_view kDigits = "0123456789abcdef";
        if (!has_key_) take_key();
        std::uint64_t bits = hash(++counter_);
        FlagText text{};
        for (char& digit : text) {
            digit = kDigits[bits >> 60U];
            bits <<= 4U;
        }
        return text;
    }

private:
    void take_key() noexcept {
        // The child of a fork() may not give out what its parent will.
        static const int forgets = ::pthread_atfork(nullptr, nullptr, [] { of_this_thread().has_key_ = false; });
        std::array<unsigned char, sizeof key_> bytes{};
        std::size_t have = 0;
        while (have < bytes.size()) {
            const ssize_t n = ::getrandom(bytes.data() + have, bytes.size() - have, 0);
            if (n > 0) {
                have += static_cast<std::size_t>(n);
            } else if (errno != EINTR) {
                ::abort();  // no kernel that mswd runs on lacks it
            }
        }
        std::memcpy(key_.data(), bytes.data(), bytes.size());
        has_key_ = forgets == 0;  // else: a key for each
    }

    [[nodiscard]] std::uint64_t hash(std::uint64_t word) const noexcept {
        std::uint64_t a = key_[0] ^ 0x736f6d6570736575U;
        std::uint64_t b = key_[1] ^ 0x646f72616e646f6dU;
        std::uint64_t c = key_[0] ^ 0x6c7967656e657261U;
        std::uint64_t d = key_[1] ^ 0x7465646279746573U;
        const auto rounds = [&](int n) {
            for (; n > 0; --n) {
                a += b;
                b = std::rotl(b, 13) ^ a;
                a = std::rotl(a, 32);
                c += d;
                d = std::rotl(d, 16) ^ c;
                a += d;
                d = std::rotl(d, 21) ^ a;
                c += b;
                b = std::rotl(b, 17) ^ c;
                c = std::rotl(c, 32);
            }
        };
        for (const std::uint64_t block : {word, std::uint64_t{8} << 56U}) {  // the second holds only the length
            d ^= block;
            rounds(1);
            a ^= block;
        }
        c ^= 0xffU;
        rounds(3);
        return a ^ b ^ c ^ d;
    }

    std::array<std::uint64_t, 2> key_{};
    std::uint64_t counter_ = 0;
    bool has_key_ = false;
};

}  // namespace

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

void Datapack::give_flag() {
    if (!get("flag").empty()) return;
    const FlagText flag = Flags::of_this_thread().next();
    set("flag", {flag.data(), flag.size()});
}

std::string new_flag() {
    const FlagText flag = Flags::of_this_thread().next();
    return {flag.data(), flag.size()};
}

}  // namespace msw
