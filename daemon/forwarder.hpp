// Decides for each Datapack: which mailbox, the transport, or why not.
//
//     `to` present          -> the transport
//     app `a`               -> its mailbox
//     app `a&b`             -> a copy each, all or none for now
//     app `all`             -> every module and executable but the sender
//     no such app           -> a warning, and an error to the asker
//     `durable: 1`, no `to` -> to the disk first, and from there to its app
//
// forward() runs on the thread of the sender: it puts the Datapack straight into the mailbox, and never waits.
#pragma once

#include "base/log.hpp"
#include "base/mailbox.hpp"
#include "base/shared_datapack.hpp"
#include "daemon/counters.hpp"
#include "msw/error.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace msw {

/// Whose Datapack it is.
struct Sender {
    std::string app;                               ///< the app the sender owns
    std::string by;                                ///< `uid:N` or `plugin:NAME`
    std::shared_ptr<DeliveryListener> listener{};  ///< of the transport, which hands in what came from other hosts
    void* delivery = nullptr;                      ///< what it calls this one
};

/// What became of a Datapack.
struct Forwarded {
    enum class Verdict {
        done,    ///< in its mailbox, or answered with an error, or counted and said in the journal
        full,    ///< `mailbox` has no room: keep it and try again
        closed,  ///< mswd is stopping
    };
    Verdict verdict = Verdict::done;
    std::shared_ptr<Mailbox> mailbox{};  ///< for full
    bool waits = false;                  ///< done: it waits in a mailbox, or several
};

/// Where durable Datapacks of this host go before any mailbox: to the disk. Thread: any.
class DurableIntake {
public:
    DurableIntake() = default;
    DurableIntake(const DurableIntake&) = delete;
    DurableIntake& operator=(const DurableIntake&) = delete;
    DurableIntake(DurableIntake&&) = delete;
    DurableIntake& operator=(DurableIntake&&) = delete;
    virtual ~DurableIntake() = default;

    /// A durable one for an app here, or an answer while has_questions().
    /// @return what became of it; nothing: it is an answer to no durable question, and goes its way
    [[nodiscard]] virtual std::optional<Forwarded> take(DatapackRef& d, const Sender& sender) = 0;
    /// @return whether an answer may be one to a durable question
    [[nodiscard]] virtual bool has_questions() const noexcept = 0;
    /// A program that has attached asks another host what will be answered durably.
    virtual void asked(const Datapack& question) = 0;
    /// An app has its mailbox.
    virtual void app_came(std::string_view app) = 0;
};

/// Thread: any.
class Forwarder {
public:
    /// Whether an app is one of those that `all` means.
    enum class Kind { plugin, attached };

    /// @param host_id  this host's id
    Forwarder(std::string host_id, Log& log) : host_id_(std::move(host_id)), log_(log) {}

    /// Give an app its mailbox. @return false if the app has one already
    bool add(std::string_view app, std::shared_ptr<Mailbox> mailbox, Kind kind);
    /// Take the mailbox of an app away; what still waits in it is told to its askers as an error by the owner.
    void remove(std::string_view app);
    /// Say why an app that could be expected isn't there; who asks for it is told.
    void set_absent(std::string_view app, std::string_view why);

    /// The mailbox for everything that has a `to`.
    void set_transport(std::string_view app);
    /// @return the app whose mailbox that is; empty: there is none
    [[nodiscard]] std::string transport_app() const;

    /// The transport holds the owner of an app back: what it sends to other hosts finds no room until it is let go,
    /// answers and durable ones aside.
    void hold(std::string_view app, bool held);
    /// Let all go: mswd is stopping, or the transport is gone.
    void let_all_go();

    /// Before any Datapack is forwarded. @param intake  outlives all use of this; null: nothing is durable here
    void set_durable(DurableIntake* intake) noexcept { durable_ = intake; }

    /// Make a Datapack the sender's: `id`, `from`, `by`, a `flag` if it has none, `size` of its file; `to` goes if it
    /// means this host.
    void stamp(Datapack& d, const Sender& sender) const { stamp(d, marks_of(sender)); }
    /// @return `id`, `from` and `by`, for who stamps many of one sender
    [[nodiscard]] Fields marks_of(const Sender& sender) const;
    void stamp(Datapack& d, const Fields& marks) const;

    /// Where a sender's last Datapack went: most often the next one goes there, too. Thread: the sender's.
    class Recent {
        friend class Forwarder;
        std::uint64_t changes = 0;  // what the forwarder had counted then
        std::string app;
        std::shared_ptr<Mailbox> mailbox;
    };

    /// @param d       stamped, or handed in by the transport; given away unless the verdict is `full` or `closed`
    /// @param recent  of this sender, if it keeps one
    [[nodiscard]] Forwarded forward(DatapackRef& d, const Sender& sender, Recent* recent = nullptr);
    [[nodiscard]] Forwarded forward(DatapackRef&& d, const Sender& sender) { return forward(d, sender); }

    /// Put a durable one into the mailbox of one app. @param d  given away if the verdict is `done`
    /// @return `closed` if the app isn't there, too
    [[nodiscard]] Forwarded hand(DatapackRef& d, std::string_view app, Delivery delivery);

    /// @return whether an app has its mailbox now
    [[nodiscard]] bool has(std::string_view app) const { return find(app) != nullptr; }
    /// The apps that a Datapack is for: those that are there or will be, and one that is not known.
    struct Apps {
        std::vector<std::string> known;
        std::string missing;
    };
    [[nodiscard]] Apps apps_for(const Datapack& d, std::string_view sender) const;
    /// One for an unknown app ends.
    void no_such_app(const Datapack& d, std::string_view app);
    [[nodiscard]] Error why_missing(std::string_view app) const;
    /// Tell its asker that it is accepted (`want: accept`).
    void tell_accepted(const Datapack& d);

    /// A Datapack ends here: count it, write a line with its flag, and answer the asker unless it is a reply.
    void refuse(const Datapack& d, Code code, std::string_view sentence);

    [[nodiscard]] const std::string& host_id() const noexcept { return host_id_; }
    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

    struct Row {
        std::string app;
        Mailbox::Numbers numbers;
    };
    /// @return every app with what waits for it, by name
    [[nodiscard]] std::vector<Row> rows() const;

private:
    struct Route {
        std::shared_ptr<Mailbox> mailbox;
        Kind kind;
    };
    using Destinations = std::vector<std::pair<std::string, std::shared_ptr<Mailbox>>>;

    [[nodiscard]] std::shared_ptr<Mailbox> find(std::string_view app) const;
    [[nodiscard]] Destinations destinations(const Datapack& d, const Sender& sender, std::string& missing) const;
    [[nodiscard]] Forwarded put_one(DatapackRef& d, const std::shared_ptr<Mailbox>& to, const Sender& sender);
    [[nodiscard]] Forwarded put_copies(const DatapackRef& d, const Destinations& to, const Sender& sender);
    [[nodiscard]] std::shared_ptr<Mailbox> held_at(const Datapack& d, const Sender& sender) const;
    [[nodiscard]] bool give_answer(Datapack answer);
    void asker_gone(const Datapack& d, std::string_view app);

    const std::string host_id_;
    Log& log_;
    Counters counters_;
    mutable std::shared_mutex mutex_;
    std::atomic<std::uint64_t> changes_{1};  // of the routes, each after it was made
    std::map<std::string, Route, std::less<>> routes_;
    std::map<std::string, std::string, std::less<>> absent_;
    std::shared_ptr<Mailbox> transport_;
    std::string transport_app_;
    std::map<std::string, std::shared_ptr<Mailbox>, std::less<>> holds_;  // by app: without room until it is closed
    std::atomic<std::size_t> held_{0};                                    // how many they are
    DurableIntake* durable_ = nullptr;
};

}  // namespace msw
