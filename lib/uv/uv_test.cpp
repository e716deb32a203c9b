#include "uv/loop.hpp"
#include "uv/process.hpp"
#include "uv/stream.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace msw::uv {
namespace {

using std::chrono::milliseconds;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

/// Gathers what is read; tells how it ended.
class Gathering : public Stream::Reader {
public:
    std::span<char> room() override { return buffer_; }
    void received(std::size_t bytes) override {
        text.append(buffer_.data(), bytes);
        if (at_bytes) at_bytes();
    }
    void ended(int status) override {
        end = status;
        if (at_end) at_end();
    }
    std::string text;
    std::optional<int> end;
    std::function<void()> at_end;
    std::function<void()> at_bytes;

private:
    std::array<char, 1000> buffer_{};
};

TEST(Timer, MayBeDestroyedInItsOwnCallback) {
    Loop loop;
    int fired = 0;
    std::optional<Timer> timer;
    timer.emplace(loop.raw(), [&] {
        ++fired;
        timer.reset();
    });
    timer->start(milliseconds(0), milliseconds(1));
    loop.run();
    EXPECT_EQ(fired, 1);
}

TEST(Post, RunsInOrderFromAnyThreadAndIsSafeToPostFromWithin) {
    Loop loop;
    std::string order;
    std::optional<Post> post;
    post.emplace(loop.raw());
    std::thread other([&] {
        for (const char c : std::string("abc")) {
            (*post)([&order, c] { order += c; });
        }
        (*post)([&] { (*post)([&] { loop.stop(); }); });
    });
    loop.run();
    other.join();
    post.reset();
    EXPECT_EQ(order, "abc");
}

TEST(Work, AGuardedAfterIsNotRunForWhoIsGone) {
    Loop loop;
    bool job = false;
    bool after = false;
    {
        const Anchor anchor;
        work(
            loop.raw(), [&] { job = true; }, anchor.guard([&] { after = true; }));
    }
    loop.run();
    EXPECT_TRUE(job);
    EXPECT_FALSE(after);
}

TEST(Stream, CarriesBytesBothWaysAndTellsTheEnd) {
    Loop loop;
    Gathering server_reads;
    Gathering client_reads;
    std::optional<Stream> server;
    std::optional<Stream> client;
    std::string much;
    much.resize(30'000'000, 'x');

    // It answers with more than the kernel takes at once: write_parts() has to finish it.
    server_reads.at_bytes = [&] {
        if (server_reads.text != "hello") return;
        const iovec part{const_cast<char*>(much.data()), much.size()};  // NOLINT: only read
        const bool all_at_once = server->write_parts({&part, 1}, [&](int status) {
            EXPECT_EQ(status, 0);
            server.reset();
        });
        EXPECT_FALSE(all_at_once);
        if (all_at_once) server.reset();
    };
    const sockaddr_in any = loopback(0);
    std::optional<Listener> listener;
    Result<Listener> made = Listener::tcp(loop.raw(), reinterpret_cast<const sockaddr*>(&any), 8, [&](Stream accepted) {
        server = std::move(accepted);
        server->start_reading(server_reads);
    });
    ASSERT_TRUE(made.ok());
    listener = std::move(made).value();
    ASSERT_NE(listener->port(), 0);

    client = Stream::tcp(loop.raw());
    client_reads.at_end = [&] {
        client.reset();
        listener.reset();
    };
    const sockaddr_in there = loopback(listener->port());
    client->connect(reinterpret_cast<const sockaddr*>(&there), [&](int status) {
        ASSERT_EQ(status, 0);
        client->start_reading(client_reads);
        client->write("hello", [](int) {});
    });
    loop.run();
    EXPECT_EQ(client_reads.text.size(), much.size());
    EXPECT_EQ(client_reads.end, UV_EOF);
}

TEST(Stream, ARefusedConnectionIsToldLater) {
    Loop loop;
    std::optional<int> told;
    std::uint16_t free_port = 0;
    {
        const sockaddr_in any = loopback(0);
        free_port = Listener::tcp(loop.raw(), reinterpret_cast<const sockaddr*>(&any), 1, [](Stream) {})->port();
    }
    Stream client = Stream::tcp(loop.raw());
    const sockaddr_in there = loopback(free_port);
    client.connect(reinterpret_cast<const sockaddr*>(&there), [&](int status) { told = status; });
    EXPECT_FALSE(told);
    loop.run();
    EXPECT_EQ(told, UV_ECONNREFUSED);
}

TEST(Stream, NoCallbackComesToWhoIsGone) {
    Loop loop;
    {
        Stream client = Stream::tcp(loop.raw());
        const sockaddr_in there = loopback(1);
        client.connect(reinterpret_cast<const sockaddr*>(&there), [](int) { FAIL() << "called for one that is gone"; });
    }
    loop.run();
}

/// GCC 12's ThreadSanitizer makes a thread's room for held-back signals in the first call of it that may block, and
/// loses a signal that comes in just then (with SIGCHLD, the loop would sleep for good): that call is made here.
class ProcessTest : public testing::Test {
protected:
    ProcessTest() { ::poll(nullptr, 0, 0); }
};

TEST_F(ProcessTest, TalksThroughItsPipesAndTellsItsEnd) {
    Loop loop;
    Stream in = Stream::pipe(loop.raw());
    std::optional<Stream> out = Stream::pipe(loop.raw());
    Gathering reads;
    reads.at_end = [&] { out.reset(); };
    ProcessOptions options;
    options.argv = {"/bin/sh", "-c", "read line; echo \"$NAME $line\"; exit 7"};
    options.environment = {"NAME=got", "PATH=/usr/bin:/bin"};
    options.in = &in;
    options.out = &*out;
    int status = -1;
    std::optional<Process> process;
    Result<Process> spawned = Process::spawn(loop.raw(), options, [&](int exit_status, int) {
        status = exit_status;
        process.reset();
    });
    ASSERT_TRUE(spawned.ok());
    process = std::move(spawned).value();
    out->start_reading(reads);
    in.write("it\n", [](int) {});
    loop.run();
    EXPECT_EQ(reads.text, "got it\n");
    EXPECT_EQ(status, 7);
}

TEST_F(ProcessTest, IsKilledWithItsGroup) {
    Loop loop;
    int signal = 0;
    std::optional<Process> process;
    ProcessOptions options;
    options.argv = {"/bin/sh", "-c", "cat <&0 >/dev/null"};
    Stream in = Stream::pipe(loop.raw());
    options.in = &in;
    Result<Process> spawned = Process::spawn(loop.raw(), options, [&](int, int by) {
        signal = by;
        process.reset();
    });
    ASSERT_TRUE(spawned.ok());
    process = std::move(spawned).value();
    process->kill_group(SIGKILL);
    loop.run();
    EXPECT_EQ(signal, SIGKILL);
}

TEST_F(ProcessTest, SaysWhatCantBeStarted) {
    Loop loop;
    ProcessOptions options;
    options.argv = {"/nowhere/at/all"};
    const Result<Process> spawned = Process::spawn(loop.raw(), options, [](int, int) {});
    ASSERT_FALSE(spawned.ok());
    EXPECT_EQ(spawned.error().text, "/nowhere/at/all: no such file or directory");
}

}  // namespace
}  // namespace msw::uv
