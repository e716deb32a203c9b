// A spool and somebody who waits for its answers.
#pragma once

#include "base/spool/spool.hpp"
#include "tests/support/temp_folder.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace msw::test {

/// What a spool says to the journal. Thread: any.
class JournalLines {
public:
    void add(const std::string& line) {
        const std::lock_guard lock(mutex_);
        lines_.push_back(line);
        arrived_.notify_all();
    }
    [[nodiscard]] std::string all() const {
        const std::lock_guard lock(mutex_);
        std::string text;
        for (const std::string& line : lines_) text += line + '\n';
        return text;
    }
    /// @return whether a line with `word` in it has come or comes within 30 s
    [[nodiscard]] bool wait_for(const std::string& word) const {
        std::unique_lock lock(mutex_);
        return arrived_.wait_for(lock, std::chrono::seconds(30), [&] {
            for (const std::string& line : lines_) {
                if (line.find(word) != std::string::npos) return true;
            }
            return false;
        });
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable arrived_;
    std::vector<std::string> lines_;
};

/// Opens a spool, closes it, asks it and waits. What a loop thread would run runs on the spool's own.
/// Thread: one at a time.
class SpoolUser {
public:
    explicit SpoolUser(spool::Settings settings) : settings_(std::move(settings)) {}
    explicit SpoolUser(const std::string& path) { settings_.path = path; }

    spool::Settings& settings() noexcept { return settings_; }
    JournalLines& journal() noexcept { return journal_; }

    [[nodiscard]] Result<void> open() {
        Result<std::unique_ptr<spool::Spool>> opened =
            spool::Spool::open(settings_, {[](const std::function<void()>& run) { run(); },
                                           [this](Priority, const std::string& line) { journal_.add(line); }});
        if (!opened) return opened.error();
        spool_ = std::move(*opened);
        return {};
    }
    void close() { spool_.reset(); }
    [[nodiscard]] bool is_open() const noexcept { return spool_ != nullptr; }
    [[nodiscard]] spool::Spool& spool() noexcept { return *spool_; }

    [[nodiscard]] Result<spool::Written> write(spool::Changes changes) { return later(std::move(changes)).get(); }
    /// @return what becomes of it, without waiting
    [[nodiscard]] std::future<Result<spool::Written>> later(spool::Changes changes) {
        const auto promise = std::make_shared<std::promise<Result<spool::Written>>>();
        spool_->write(std::move(changes), [promise](Result<spool::Written> r) { promise->set_value(std::move(r)); });
        return promise->get_future();
    }
    template <class Query>
    [[nodiscard]] Result<typename Query::Answer> read(Query query) {
        const auto promise = std::make_shared<std::promise<Result<typename Query::Answer>>>();
        spool_->read(std::move(query),
                     [promise](Result<typename Query::Answer> r) { promise->set_value(std::move(r)); });
        return promise->get_future().get();
    }

private:
    spool::Settings settings_;
    JournalLines journal_;
    std::unique_ptr<spool::Spool> spool_;
};

/// A row for the outbox with the number `n` in the flow to app `log` on `member`.
[[nodiscard]] inline spool::AddOutbox outgoing(std::uint64_t n, std::string datapack = "post log msw/1\n\n",
                                               const std::string& member = "m-hmsy") {
    spool::OutboxRow r;
    r.member = member;
    r.host = "hmsy";
    r.app = "log";
    r.at = {1, n};
    r.run = 0xfedcba9876543210;
    r.flag = "flag-" + std::to_string(n);
    r.asker = "test";
    r.accepted = 1000;
    r.expires = 2000 + static_cast<spool::Seconds>(n);
    r.datapack = std::move(datapack);
    return {r, false};
}

/// A row for the inbox with the number `n` of the flow from `origin` to app `log`.
[[nodiscard]] inline spool::AddInbox incoming(std::uint64_t n, std::string datapack = "post log msw/1\n\n",
                                              const std::string& origin = "m-miku") {
    spool::InboxRow r;
    r.app = "log";
    r.origin = origin;
    r.origin_host = "miku";
    r.run = 0xfedcba9876543210;
    r.n = n;
    r.flag = "flag-" + std::to_string(n);
    r.asker = "test";
    r.expires = 2000 + static_cast<spool::Seconds>(n);
    r.datapack = std::move(datapack);
    return {r, false};
}

}  // namespace msw::test
