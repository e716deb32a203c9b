// The app named mswd: answers what is asked about the daemon itself.
#pragma once

#include "base/json.hpp"
#include "daemon/services.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace msw {

/// Exit statuses (docs/protocol.md, The app mswd): to be started again, and to stay down.
inline constexpr int kExitRestart = 0;
inline constexpr int kExitStayDown = 77;

/// What the daemon lets its app do and see. Thread: called on the loop's.
struct SelfDuties {
    std::function<Json()> status;
    std::function<Json()> plugins;
    std::function<Json()> queue;
    /// What follows `queue`; JSON, later.
    std::function<void(std::string_view words, std::function<void(const Result<std::string>&)> done)> queue_words;
    std::function<Result<void>()> reload;
    std::function<void(int exit_code)> end;
};

/// Thread: the loop's, but for line().
class Self : private Wakeups::Sleeper {
public:
    Self(Services& services, SelfDuties duties, std::size_t mailbox_bytes);
    ~Self() override;
    Self(const Self&) = delete;
    Self& operator=(const Self&) = delete;
    Self(Self&&) = delete;
    Self& operator=(Self&&) = delete;

    /// A line of the journal, for whoever follows it. Thread: any.
    void line(const std::string& text);

    [[nodiscard]] bool idle() const { return mailbox_->numbers().waiting == 0; }

private:
    struct Follower {
        Datapack question;
        std::uint64_t parts = 0;
        std::uint64_t skipped = 0;
    };
    static constexpr std::size_t kMostFollowers = 32;
    static constexpr std::size_t kMostLines = 1024;

    void wake() override;
    void handle(const Datapack& d);
    void reply(const Datapack& question, std::string body);
    void follow(const Datapack& question);
    void queue(const Datapack& d, std::string_view words);
    void give_lines();
    [[nodiscard]] bool give(Follower& follower, const std::string& line);

    Services& services_;
    SelfDuties duties_;
    const Sender sender_{"mswd", "plugin:mswd"};
    Wakeups::Key key_;
    std::shared_ptr<Mailbox> mailbox_;
    std::vector<Follower> followers_;
    std::mutex mutex_;
    std::deque<std::string> lines_;
    std::uint64_t lines_lost_ = 0;
    bool followed_ = false;
    uv::Anchor anchor_;
};

}  // namespace msw
