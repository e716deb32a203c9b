// What was sent, and what became of it: the truth that the promises about Datapacks are judged by.
//
// Each Datapack that an app sends has a serial number, which stands in its body, so that it is known again wherever it
// turns up. A copy of it is what goes to one app of one host.
#pragma once

#include "msw/datapack.hpp"
#include "plugins/net/core/run.hpp"
#include "tests/sim/mesh/judge.hpp"
#include "tests/sim/mesh/plan.hpp"
#include "tests/sim/mesh/trace.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace msw::sim {

using Serial = std::uint64_t;

/// A Datapack for one app of one host. Thread: like a std::string.
struct Copy {
    std::size_t host = 0;
    std::string app;
    bool unknown = false;              ///< its origin didn't know its host yet
    unsigned sent = 0;                 ///< times, by its origin
    bool forced = false;               ///< by a way of its own, or a detour, at least once
    unsigned relayed = 0;              ///< times, by others
    unsigned handed = 0;               ///< times, to its app
    net::Run first_for = net::kNoRun;  ///< the run that it was sent to first
    std::vector<net::Run> came_to;     ///< the runs of its host that it came to whole
};

/// What an origin told an asker of one that failed. Thread: like a std::string.
struct Failure {
    std::string code;
    std::size_t host;  ///< that it is about; more than there are: it doesn't say
};

/// One that was sent. Thread: like a std::string.
struct Sent {
    Serial serial = 0;
    std::size_t origin = 0;
    net::Run run = net::kNoRun;  ///< of its origin
    Time at{0};
    std::string method;
    std::string from;
    std::size_t size = 0;      ///< of the body
    std::int64_t expires = 0;  ///< by the clock of its origin, ms
    bool stream = false;
    bool forced = false;  ///< it goes by a way of its own
    bool late = false;    ///< its time begins when its host becomes known
    bool last = true;     ///< of a reply: no more parts follow
    bool durable = false;
    Serial question = 0;  ///< that it answers; 0: none
    std::vector<Copy> copies;
    std::vector<Failure> failures;
    std::size_t lines = 0;  ///< in the journal of its origin
};

/// What the ledger has to know of a host. Thread: like a std::string.
struct HostFacts {
    std::string id;
    net::Run run = net::kNoRun;   ///< kNoRun: it is down
    std::vector<net::Run> runs;   ///< all so far
    std::int64_t wall = 0;        ///< as its daemon was told last,
    Time told{0};                 ///< and when that was
    bool expected = true;         ///< it is there in the end
    bool restored = false;        ///< it had an older epoch file once: late words of an older run may pass for its own
    bool lines_left_out = false;  ///< not all that failed has a line

    void tell(std::int64_t clock, Time now) noexcept {
        latest = std::max({latest, clock, wall_at(now)});
        wall = clock;
        told = now;
    }
    std::int64_t latest = 0;  ///< that it ever was, until it was told last
    /// @return what its daemon takes for the time
    [[nodiscard]] std::int64_t wall_at(Time now) const noexcept { return wall + (now - told).count(); }
};

/// Thread: one at a time.
class Ledger {
public:
    Ledger(const Plan& plan, Judge& judge, Trace& trace);

    [[nodiscard]] HostFacts& host(std::size_t n) { return hosts_[n]; }
    /// @return its number; how many there are, if nobody is called so
    [[nodiscard]] std::size_t host_called(std::string_view id) const;

    /// Make a Datapack known that is submitted next.
    /// @return its record; `serial` is what body_of() wants
    Sent& enter(Sent sent);
    /// @return the body of a Datapack
    [[nodiscard]] static std::string body_of(Serial serial, std::size_t size);
    [[nodiscard]] static Serial serial_of(std::string_view body);
    [[nodiscard]] Sent* find(Serial serial);
    [[nodiscard]] static Copy* copy_for(Sent& sent, std::size_t host, std::string_view app);

    // What happens to it.
    /// `host` writes it. @param back  on the link that it came by
    void written(std::size_t host, const Datapack& datapack, bool back, Time now);
    /// It comes whole to the daemon that it is for, in its present run.
    void came(std::size_t host, const Datapack& datapack, Time now);
    /// It is handed to its app.
    void handed(std::size_t host, const Datapack& datapack, Time now);
    /// A daemon tells an app of its own what became of one.
    void told(std::size_t host, const Datapack& error, Time now);
    void logged(std::size_t host, const Datapack& about);

    /// All is through: each must have ended.
    void settle(Time now);
    /// @return whether each question of a list is answered, or told about
    [[nodiscard]] bool answered(const std::vector<Serial>& questions) const;
    /// @return how many questions are open at a host
    [[nodiscard]] std::size_t open_questions(std::size_t host) const;
    /// What is entered from now on may not loop.
    void set_converged() noexcept { converged_ = last_; }
    [[nodiscard]] const std::map<Serial, Sent>& all() const noexcept { return all_; }

    /// @return flows that were used: origin, host, app
    [[nodiscard]] std::vector<std::tuple<std::size_t, std::size_t, std::string>> flows() const;

private:
    struct Question {
        std::size_t asker = 0;
        net::Run run = net::kNoRun;
        std::string app;
        bool stream = false;
        std::size_t open = 1;      // answers that are still to come
        std::int64_t may_end = 0;  // by the clock of the asker: not before that
        std::int64_t ends = 0;     // not after that
    };
    using QuestionName = std::pair<Serial, std::size_t>;  // and the host that was asked

    void judge_answer(std::size_t host, const Datapack& reply, std::size_t by, Serial about, Time now);
    void judge_end(const Sent& sent, const Copy& copy, Time now);
    [[nodiscard]] std::size_t host_in(std::string_view text) const;
    [[nodiscard]] bool may_wait(const Sent& sent, const Copy& copy) const;
    [[nodiscard]] bool died_with(const Copy& copy) const;
    [[nodiscard]] bool question_is_over(const Sent& reply, const Copy& copy) const;
    void note(Time now, std::size_t host, const std::string& what, Serial about);

    Judge& judge_;
    Trace& trace_;
    std::vector<HostFacts> hosts_;
    std::map<Serial, Sent> all_;
    std::map<QuestionName, Question> questions_;
    std::map<std::tuple<std::size_t, net::Run, std::size_t, std::string>, Serial> last_handed_;  // by flow
    Serial last_ = 0;
    Serial converged_ = UINT64_MAX;  // the last one before that
};

}  // namespace msw::sim
