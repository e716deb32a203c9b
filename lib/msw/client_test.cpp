#include "msw/client.hpp"

#include "msw/encoder.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>

namespace msw {
namespace {

using std::chrono::milliseconds;

/// One connection's worth of a daemon: takes the attach, and then only what it is told to.
class ClientTest : public testing::Test {
protected:
    ClientTest() {
        std::string name = (std::filesystem::temp_directory_path() / "mswXXXXXX").string();
        dir_ = ::mkdtemp(name.data());
        path_ = dir_ + "/s";
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listening_, 1), 0);
    }
    ~ClientTest() override {
        for (const int fd : {fd_, listening_}) ::close(fd);
        std::filesystem::remove_all(dir_);
    }
    ClientTest(const ClientTest&) = delete;
    ClientTest& operator=(const ClientTest&) = delete;
    ClientTest(ClientTest&&) = delete;
    ClientTest& operator=(ClientTest&&) = delete;

    Client attached() {
        std::thread daemon([this] {
            fd_ = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
            const Datapack question = next();
            Datapack answer("reply", "@1");
            answer.set("flag", question.get("flag"));
            answer.set("app", "@1");
            give(answer);
        });
        Result<Client> client = Client::attach({path_, {}, 0});
        daemon.join();
        if (!client) throw std::runtime_error(client.error().text);
        return std::move(client).value();
    }
    /// The next one that the client wrote.
    Datapack next() {
        Decoder::Event event = decoder_.next();
        for (; event == Decoder::Event::more; event = decoder_.next()) {
            const std::span<char> room = decoder_.room(4096);
            const ssize_t n = ::recv(fd_, room.data(), room.size(), 0);
            if (n <= 0) return Datapack("nothing", "nothing");
            decoder_.commit(static_cast<std::size_t>(n));
        }
        return event == Decoder::Event::datapack ? std::move(decoder_.datapack())
                                                 : Datapack("broken", "broken", decoder_.error().text);
    }
    void give(const Datapack& d) const {
        const std::string bytes = *encode(d, Dialect::v1);
        EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    }
    [[nodiscard]] bool something_came() const {
        char byte = 0;
        return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    }

private:
    std::string dir_;
    std::string path_;
    int listening_ = -1;
    int fd_ = -1;
    Decoder decoder_;
};

TEST_F(ClientTest, WritesWhatIsGatheredWhenToldTo) {
    Client client = attached();
    for (const char* body : {"1", "2", "3"}) ASSERT_TRUE(client.add(Datapack("post", "log", body)).ok());
    EXPECT_FALSE(something_came());
    ASSERT_TRUE(client.flush().ok());
    for (const char* body : {"1", "2", "3"}) EXPECT_EQ(next().body, body);
}

TEST_F(ClientTest, WhatIsGatheredGoesBeforeWhatIsSent) {
    Client client = attached();
    ASSERT_TRUE(client.add(Datapack("post", "log", "1")).ok());
    ASSERT_TRUE(client.send(Datapack("post", "log", "2")).ok());
    EXPECT_EQ(next().body, "1");
    EXPECT_EQ(next().body, "2");
}

TEST_F(ClientTest, WaitingForAnAnswerWritesTheQuestion) {
    Client client = attached();
    ASSERT_TRUE(client.add(Datapack("get", "log", "?")).ok());
    Datapack d("post", "left over", "left over");
    const Result<bool> none = client.receive(d, milliseconds(0));
    ASSERT_TRUE(none.ok());
    EXPECT_FALSE(*none);
    EXPECT_TRUE(d.body.empty());
    EXPECT_EQ(next().body, "?");
    give(Datapack("reply", "@1", "!"));
    const Result<bool> came = client.receive(d, milliseconds(10000));
    ASSERT_TRUE(came.ok() && *came);
    EXPECT_EQ(d.body, "!");
}

TEST_F(ClientTest, WhatDidNotGoInTimeGoesLaterAndWhole) {
    Client client = attached();
    constexpr int kMost = 100000;
    int taken = 0;
    Result<void> done;
    while (taken < kMost) {
        Datapack d("post", "log", std::string(1000, 'x'));
        d.set("n", std::to_string(taken));
        done = client.add(d, milliseconds(0));
        if (!done) break;
        ++taken;
    }
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, Code::queue_full);
    std::thread writer([&] { EXPECT_TRUE(client.flush().ok()); });
    for (int i = 0; i < taken; ++i) EXPECT_EQ(next().get("n"), std::to_string(i));
    writer.join();
    EXPECT_FALSE(something_came());
}

}  // namespace
}  // namespace msw
