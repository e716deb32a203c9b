// The limits: nothing between the clients but Unix sockets.
//
//   oneway    client -> relay -> client: the relay decodes each Datapack and passes its bytes on; the clients do next
//             to nothing
//   pingpong  two processes, 128 bytes there and back
//
//   durable   32 threads, 128 bytes and an fdatasync each, one after another
//
// ADDRESS: for `durable` the file to write; else it is not used: `-`.
#include "load.hpp"

#include "msw/decoder.hpp"
#include "msw/encoder.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace load;

constexpr std::size_t kBatch = 64UL * 1024;

struct Pair {
    Pair() {
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw Failure("socketpair");
    }
    std::array<int, 2> ends{};
};

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) throw Failure("send");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

std::size_t read_some(int fd, char* to, std::size_t most) {
    const ssize_t n = ::recv(fd, to, most, 0);
    if (n <= 0) throw Failure("recv");
    return static_cast<std::size_t>(n);
}

/// A Datapack of 128 bytes with the fields that a daemon passes on, encoded once.
std::string sample() {
    msw::Datapack d("post", "bench-sink", std::string(kBodySize, '\0'));
    d.set("flag", "1a2b3c4d5e6f7081");
    d.set("id", "bench");
    d.set("from", "@1");
    d.set("by", "uid:1000");
    return *msw::encode(d, msw::Dialect::v1);
}

void relay(int in, int out) {
    msw::Decoder decoder;
    std::vector<char> buffer(256UL * 1024);
    for (;;) {
        const ssize_t n = ::recv(in, buffer.data(), buffer.size(), 0);
        if (n <= 0) return;
        decoder.feed({buffer.data(), static_cast<std::size_t>(n)});
        for (;;) {
            const msw::Decoder::Event event = decoder.next();
            if (event == msw::Decoder::Event::more) break;
            if (event != msw::Decoder::Event::datapack) throw Failure("the relay can't decode");
        }
        write_all(out, {buffer.data(), static_cast<std::size_t>(n)});
    }
}

int oneway(const std::string& /*address*/, std::uint64_t count) {
    const Pair in;
    const Pair out;
    const std::string one = sample();
    return one_way(
        count,
        [&](OneWay run, Sequence& sequence) {
            // The relay is a process of its own, and ends with its sender.
            if (::fork() == 0) {
                ::close(in.ends[0]);
                relay(in.ends[1], out.ends[0]);
                ::_exit(0);
            }
            ::close(in.ends[0]);
            ::close(in.ends[1]);
            ::close(out.ends[0]);
            run.ready();
            std::vector<char> buffer(256UL * 1024);
            std::size_t held = 0;
            while (!sequence.complete()) {
                held += read_some(out.ends[1], buffer.data() + held, buffer.size() - held);
                std::size_t at = 0;
                for (; held - at >= one.size(); at += one.size()) {
                    sequence.take({buffer.data() + at + one.size() - kBodySize, kBodySize});
                }
                std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(at),
                          buffer.begin() + static_cast<std::ptrdiff_t>(held), buffer.begin());
                held -= at;
            }
            run.done();
            if (held > 0) throw Failure("one too many came");
        },
        [&](OneWay run) {
            const std::size_t in_batch = kBatch / one.size();
            std::string batch;
            for (std::size_t i = 0; i < in_batch; ++i) batch += one;
            run.begin();
            for (std::uint64_t i = 0; i < count;) {
                std::size_t n = 0;
                for (; n < in_batch && i < count; ++n, ++i) {
                    put_number(batch.data() + (n + 1) * one.size() - kBodySize, i);
                }
                write_all(in.ends[0], {batch.data(), n * one.size()});
            }
            run.wait_until_received();
        });
}

int pingpong(const std::string& /*address*/, std::uint64_t count) {
    const Pair pair;
    std::array<char, kBodySize> buffer{};
    return ping_pong(
        count,
        [&](OneWay run) {
            std::array<char, kBodySize> own{};
            run.ready();
            for (;;) {
                const std::size_t n = read_some(pair.ends[1], own.data(), own.size());
                write_all(pair.ends[1], {own.data(), n});
            }
        },
        [&] {
            return [&](std::string_view body) {
                write_all(pair.ends[0], body);
                return std::string_view(buffer.data(), read_some(pair.ends[0], buffer.data(), buffer.size()));
            };
        });
}

/// What a broker does that syncs each message before its answer: one file, one message and one fdatasync after another.
int on_disk(const std::string& path, std::uint64_t count) {
    const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) throw Failure(path + " can't be written");
    auto mutex = std::make_shared<std::mutex>();
    const int status = durable(count, [&](std::size_t) {
        return [fd, mutex](std::uint64_t i) {
            std::array<char, kBodySize> body{};
            put_number(body.data(), i);
            const std::lock_guard lock(*mutex);
            if (::write(fd, body.data(), body.size()) != static_cast<ssize_t>(body.size())) throw Failure("write");
            if (::fdatasync(fd) != 0) throw Failure("fdatasync failed");
        };
    });
    (void)::close(fd);
    (void)::unlink(path.c_str());
    return status;
}

}  // namespace

int main(int argc, char** argv) { return load::main_of(argc, argv, {oneway, pingpong, on_disk}); }
