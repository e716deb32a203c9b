// Programs at the control socket: the real server, forwarder and app mswd on a real socket, against whatever bytes and
// descriptors come, in whatever pieces. Nothing but what a client may say gets through, and it never gets through under
// another name than the client's own.
//
//     >N [/CUT] [=] [DESCRIPTORS]  client N (0 to 3) connects, if it hasn't, and writes the bytes; with the first of
//                                  them go descriptors: r a file, w one to be written, p a pipe, s a socket, d a folder
//     >- N   >| N   client N is gone; it says that no more comes
//     >! N   client N reads nothing, or reads again
//     >m     the plugins take nothing, or take again
//     >x     the daemon is stopping: it takes no more
#include "base/fd.hpp"
#include "daemon/control/self.hpp"
#include "daemon/control/server.hpp"
#include "msw/decoder.hpp"
#include "msw/host_id.hpp"
#include "tests/fuzz/script.hpp"
#include "tests/support/temp_folder.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace msw {
namespace {

using fuzz::require;

constexpr std::string_view kHost = "here";
constexpr std::size_t kRoom = 64UL * 1024;

bool names(std::string_view apps, std::string_view app) {
    while (!apps.empty()) {
        const std::size_t end = std::min(apps.find('&'), apps.size());
        const std::string_view one = apps.substr(0, end);
        if (one == app || (one == "logger" && app == "log")) return true;
        apps.remove_prefix(std::min(end + 1, apps.size()));
    }
    return false;
}

/// The lowest descriptor that is free: it rises if one is left open.
int free_descriptor() {
    const Fd probe(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    return probe.get();
}

Fd descriptor(char kind, const test::TempFolder& temp) {
    std::array<int, 2> pipe{-1, -1};
    switch (kind) {
        case 'r': {
            Fd file(::memfd_create("passed", MFD_CLOEXEC));
            require(::write(file.get(), "hello", 5) == 5);
            return file;
        }
        case 'w': return Fd(::open(temp.path("files/written").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        case 'p':
            require(::pipe2(pipe.data(), O_CLOEXEC) == 0);
            ::close(pipe[1]);
            return Fd(pipe[0]);
        case 's': return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        case 'd': return Fd(::open(temp.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        default: return {};
    }
}

/// The other end of one connection, and what it has been told.
class Client {
public:
    explicit Client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        require(path.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

    /// @return how many of the bytes the kernel took
    std::size_t write(std::string_view bytes, const std::vector<Fd>& fds) const {
        if (!connected_) return bytes.size();
        iovec part{const_cast<char*>(bytes.data()), bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        std::vector<char> control(CMSG_SPACE(fds.size() * sizeof(int)));
        if (!fds.empty()) {
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
            for (std::size_t i = 0; i < fds.size(); ++i) {
                const int fd = fds[i].get();
                std::memcpy(CMSG_DATA(header) + i * sizeof fd, &fd, sizeof fd);
            }
        }
        const ssize_t n = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN ? 0 : bytes.size();
        return static_cast<std::size_t>(n);
    }
    void end_writing() const { ::shutdown(fd_.get(), SHUT_WR); }
    void toggle_reading() { reads_ = !reads_; }

    /// Read what there is. @return whether there was something
    bool read() {
        if (!reads_ || !connected_ || over_) return false;
        const std::span<char> room = decoder_.room();
        const ssize_t n = ::recv(fd_.get(), room.data(), room.size(), MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) return false;
        over_ = n <= 0;
        if (over_) return false;
        decoder_.commit(static_cast<std::size_t>(n));
        for (;;) {
            const Decoder::Event event = decoder_.next();
            if (event == Decoder::Event::more) return true;
            require(event == Decoder::Event::datapack || event == Decoder::Event::file ||
                    event == Decoder::Event::file_end);
            if (event != Decoder::Event::file) hear(decoder_.datapack());
        }
    }
    [[nodiscard]] const std::string& app() const noexcept { return app_; }

private:
    void hear(const Datapack& d) {
        require(!last_ && valid_host_id(d.get("id")) && !d.get("from").empty());
        require(!d.head.has("to"));
        const bool from_mswd = d.method == "reply" && d.get("from") == "mswd";
        last_ = from_mswd && d.app == "client" && !d.get("error").empty();
        if (last_) return;
        if (app_.empty()) {
            require(from_mswd && d.get("error").empty() && d.get("host") == kHost);
            app_ = d.get("app");
            require(!app_.empty() && app_ != "mswd" && app_ != "all" && app_ != "logger");
        }
        require(names(d.app, app_));
    }

    Fd fd_;
    Decoder decoder_;
    std::string app_;
    bool connected_ = false;
    bool reads_ = true;
    bool last_ = false;  // it was refused, or cut off
    bool over_ = false;
};

/// What a daemon consists of, as far as a program at its socket can tell.
class Daemon {
public:
    explicit Daemon(const test::TempFolder& temp)
        : temp_(temp),
          post_(loop_.raw()),
          wakeups_(loop_.raw()),
          log_(static_cast<Priority>(0)),
          forwarder_(std::string(kHost), log_),
          files_(FileRoot::open(temp.path("files")).value()),
          services_{
              loop_.raw(), post_, wakeups_, log_, forwarder_, files_, [](std::string_view) { return std::nullopt; },
              [] {}},
          control_(services_,
                   [this](std::string_view app) {
                       if (names("log&net&shell", app)) return true;
                       asked_for_.emplace(app);
                       return false;
                   }),
          self_(services_,
                {[] { return Json::object(); }, [] { return Json::array(); }, [] { return Json::array(); },
                 [](std::string_view, const std::function<void(const Result<std::string>&)>& done) {
                     done(Error{Code::bad_request, "there is nothing"});
                 },
                 [] {
                     return Result<void>(Error{Code::bad_request, "it is wrong"});
                 },
                 [](int) {}},
                kRoom) {
        for (const char* app : {"log", "shell", "net"}) {
            sinks_[app] = std::make_shared<Mailbox>(kRoom, kAnswerRoom);
            require(forwarder_.add(app, sinks_[app], Forwarder::Kind::plugin));
        }
        forwarder_.set_transport("net");
        require(control_.listen(temp.path("s")).ok());
    }

    void take(const fuzz::Step& step) {
        std::string_view words = step.words;
        if (step.what >= '0' && step.what <= '3') {
            client_writes(static_cast<std::size_t>(step.what - '0'), words, step.bytes);
            return;
        }
        while (!words.empty() && words.front() == ' ') words.remove_prefix(1);
        std::unique_ptr<Client>& client = clients_[fuzz::take_number(words) % clients_.size()];
        switch (step.what) {
            case '-': client.reset(); break;
            case '|':
                if (client) client->end_writing();
                break;
            case '!':
                if (client) client->toggle_reading();
                break;
            case 'm': taking_ = !taking_; break;
            case 'x': control_.close_intake(); break;
            default: break;
        }
        turn();
    }

    /// No two of the apps that are owned are one, and none is a plugin's.
    void check() {
        taking_ = true;
        turn();
        std::set<std::string> apps;
        for (const PluginState& row : control_.rows()) {
            require(apps.insert(row.app).second && !sinks_.contains(row.app) && row.path == uid_);
        }
        for (const auto& entry : std::filesystem::directory_iterator(temp_.path())) {
            const std::string name = entry.path().filename().string();
            require(name == "files" || name == "s");
        }
    }

private:
    void client_writes(std::size_t number, std::string_view words, std::string_view bytes) {
        std::unique_ptr<Client>& client = clients_.at(number);
        if (!client) client = std::make_unique<Client>(temp_.path("s"));
        std::vector<Fd> fds;
        for (const char c : words.substr(0, 24)) {
            if (Fd fd = descriptor(c, temp_)) fds.push_back(std::move(fd));
        }
        const bool copies = !fds.empty();
        const std::string all = fuzz::with_length(words, bytes);
        const std::size_t cut = fuzz::cut_of(words, all.size());
        int stuck = 0;
        for (std::string_view rest = all; !rest.empty() && stuck < 3;) {
            const std::size_t taken = client->write(rest.substr(0, cut), fds);
            rest.remove_prefix(taken);
            stuck = taken == 0 ? stuck + 1 : 0;
            if (taken > 0) fds.clear();
            turn();
        }
        for (int i = 0; copies && i < 100 && !control_.idle(); ++i) {
            pollfd copied{uv_backend_fd(loop_.raw()), POLLIN, 0};  // on the pool
            (void)::poll(&copied, 1, 1);
            turn();
        }
    }

    void turn() {
        for (bool more = true; more;) {
            for (int i = 0; i < 3; ++i) uv_run(loop_.raw(), UV_RUN_NOWAIT);
            more = false;
            for (const std::unique_ptr<Client>& client : clients_) more |= client && client->read();
            for (auto& [app, mailbox] : sinks_) more |= taking_ && plugin_takes(app, *mailbox);
        }
    }

    bool plugin_takes(const std::string& app, Mailbox& mailbox) {
        std::vector<Mail> batch;
        mailbox.take_all(batch);
        for (const Mail& mail : batch) check(app, *mail.datapack);
        return !batch.empty();
    }

    /// What a plugin gets, or the transport.
    void check(const std::string& app, const Datapack& d) const {
        const std::string from(d.get("from"));
        require(from.substr(0, 1) == "@" || asked_for_.contains(from));
        require(d.get("id") == kHost && d.get("by") == uid_ && !d.get("flag").empty());
        const bool goes_on = !d.get("to").empty();
        require(goes_on ? app == "net" && !same_host_id(d.get("to"), kHost) : d.app == "all" || names(d.app, app));
        require((d.method == "file") == (d.file != nullptr));
        if (!d.file) return;
        struct stat info {};
        require(::fstat(d.file->fd(), &info) == 0 && S_ISREG(info.st_mode));
        require((::fcntl(d.file->fd(), F_GETFL) & O_ACCMODE) != O_WRONLY);
        require(d.get("size") == std::to_string(d.file->size()) && !d.head.has("fds"));
        require(goes_on || d.file->path().starts_with(temp_.path("files/")));
    }

    const test::TempFolder& temp_;
    const std::string uid_ = "uid:" + std::to_string(::getuid());
    std::set<std::string, std::less<>> asked_for_;
    std::map<std::string, std::shared_ptr<Mailbox>> sinks_;
    uv::Loop loop_;
    uv::Post post_;
    Wakeups wakeups_;
    Log log_;
    Forwarder forwarder_;
    FileRoot files_;
    Services services_;
    ControlServer control_;
    Self self_;
    std::array<std::unique_ptr<Client>, 4> clients_;
    bool taking_ = true;
};

void run(std::string_view text, const test::TempFolder& temp) {
    Daemon daemon(temp);
    fuzz::play(text, daemon, 100);
    daemon.check();
}

}  // namespace
}  // namespace msw

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const msw::test::TempFolder temp;
    static const bool warm = (msw::run(">0 r\nx", temp), true);            // libuv's pool opens what it keeps
    static const bool no_sigpipe = ::signal(SIGPIPE, SIG_IGN) != SIG_ERR;  // as mswd's main() does
    msw::fuzz::require(warm && no_sigpipe);
    const int before = msw::free_descriptor();
    msw::run({reinterpret_cast<const char*>(data), size}, temp);
    msw::fuzz::require(msw::free_descriptor() == before);
    std::filesystem::remove_all(temp.path("files"));
    return 0;
}
