#include "daemon/control/self.hpp"

#include <algorithm>
#include <array>

namespace msw {
namespace {

/// A word that the app mswd knows. Sorted.
enum class Word { exit_, plugins, queue, reload, restart, status, tail };
constexpr std::array<std::pair<std::string_view, Word>, 7> kWords{{{"exit", Word::exit_},
                                                                   {"plugins", Word::plugins},
                                                                   {"queue", Word::queue},
                                                                   {"reload", Word::reload},
                                                                   {"restart", Word::restart},
                                                                   {"status", Word::status},
                                                                   {"tail", Word::tail}}};

std::string_view trimmed(std::string_view text) noexcept {
    const std::size_t from = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    text.remove_prefix(from);
    return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

}  // namespace

Self::Self(Services& services, SelfDuties duties, std::size_t mailbox_bytes)
    : services_(services),
      duties_(std::move(duties)),
      key_(services.wakeups.add(*this)),
      mailbox_(
          std::make_shared<Mailbox>(mailbox_bytes, kAnswerRoom, [&w = services.wakeups, key = key_] { w.wake(key); })) {
    (void)services_.forwarder.add(sender_.app, mailbox_, Forwarder::Kind::attached);
}

Self::~Self() {
    services_.wakeups.remove(key_);
    services_.forwarder.remove(sender_.app);
    mailbox_->close();
}

void Self::wake() {
    std::vector<Mail> batch;
    mailbox_->take_all(batch);
    for (Mail& mail : batch) {
        handle(*mail.datapack);
        mail.delivery.done();
    }
    give_lines();
}

void Self::reply(const Datapack& question, std::string body) {
    if (question.method != "get") return;
    Datapack d = question.reply();
    d.body = std::move(body);
    services_.forwarder.stamp(d, sender_);
    (void)services_.forwarder.forward(DatapackRef(std::move(d)), sender_);
}

void Self::queue(const Datapack& d, std::string_view words) {
    duties_.queue_words(words, anchor_.guard([this, d](const Result<std::string>& said) {
        if (said) {
            reply(d, *said);
        } else {
            services_.forwarder.refuse(d, said.error().code, said.error().text);
        }
    }));
}

void Self::handle(const Datapack& d) {
    if (d.method == "reply") return;
    if (d.method != "get" && d.method != "post") {
        services_.forwarder.refuse(d, Code::bad_request, "the app mswd takes `get` and `post`");
        return;
    }
    const std::string_view text = trimmed(d.body);
    constexpr std::string_view kQueue = "queue ";
    if (text.substr(0, kQueue.size()) == kQueue) {
        queue(d, text.substr(kQueue.size()));
        return;
    }
    const auto* word = std::find_if(kWords.begin(), kWords.end(), [&](const auto& w) { return w.first == text; });
    if (word == kWords.end()) {
        std::string known;
        for (const auto& [name, value] : kWords) known.append(known.empty() ? "" : ", ").append(name);
        services_.forwarder.refuse(
            d, Code::bad_request,
            "the app mswd doesn't know \"" + std::string(text.substr(0, 40)) + "\"; it knows " + known);
        return;
    }
    switch (word->second) {
        case Word::status: reply(d, duties_.status().dump()); break;
        case Word::plugins: reply(d, duties_.plugins().dump()); break;
        case Word::queue: reply(d, duties_.queue().dump()); break;
        case Word::tail: follow(d); break;
        case Word::reload:
            if (Result<void> done = duties_.reload(); !done) {
                services_.forwarder.refuse(d, done.error().code, done.error().text);
            } else {
                reply(d, {});
            }
            break;
        case Word::restart:
            reply(d, {});
            duties_.end(kExitRestart);
            break;
        case Word::exit_:
            reply(d, {});
            duties_.end(kExitStayDown);
            break;
    }
}

void Self::follow(const Datapack& question) {
    if (question.method != "get" || question.get("stream") != "1") {
        services_.forwarder.refuse(question, Code::bad_request, "`tail` is a `get` with `stream: 1`");
    } else if (question.get("id") != services_.forwarder.host_id()) {
        services_.forwarder.refuse(question, Code::unsupported, "a journal can be followed on its own host only");
    } else if (followers_.size() == kMostFollowers) {
        services_.forwarder.refuse(question, Code::queue_full, "the journal has its most followers already");
    } else {
        followers_.push_back({question, 0, 0});
        const std::lock_guard lock(mutex_);
        followed_ = true;
    }
}

void Self::line(const std::string& text) {
    {
        const std::lock_guard lock(mutex_);
        if (!followed_) return;
        if (lines_.size() == kMostLines) {
            ++lines_lost_;
            return;
        }
        lines_.push_back(text);
    }
    services_.wakeups.wake(key_);
}

bool Self::give(Follower& follower, const std::string& line) {
    const std::vector<Forwarder::Row> rows = services_.forwarder.rows();
    const std::string app(follower.question.get("from"));
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Forwarder::Row& r) { return r.app == app; });
    if (row == rows.end()) return false;
    // Nobody's other answers may suffer from a journal that is not read.
    if (row->numbers.bytes > row->numbers.limit / 2) {
        ++follower.skipped;
        return true;
    }
    Datapack part = follower.question.reply();
    part.set("stream", "1");
    part.set("part", std::to_string(follower.parts++));
    if (follower.skipped > 0)
        part.body = "(" + std::to_string(std::exchange(follower.skipped, 0)) + " lines left out)\n";
    part.body += line;
    services_.forwarder.stamp(part, sender_);
    (void)services_.forwarder.forward(DatapackRef(std::move(part)), sender_);
    return true;
}

void Self::give_lines() {
    std::deque<std::string> lines;
    {
        const std::lock_guard lock(mutex_);
        lines.swap(lines_);
        if (lines_lost_ > 0) lines.push_back("(" + std::to_string(std::exchange(lines_lost_, 0)) + " lines left out)");
    }
    for (const std::string& text : lines) {
        followers_.erase(
            std::remove_if(followers_.begin(), followers_.end(), [&](Follower& f) { return !give(f, text); }),
            followers_.end());
    }
    if (followers_.empty()) {
        const std::lock_guard lock(mutex_);
        followed_ = false;
    }
}

}  // namespace msw
