#include "plugins/net/io/roster_keeper.hpp"

#include "base/keys/openssl_thread.hpp"
#include "base/roster/bundle.hpp"
#include "uv/loop.hpp"

#include <memory>
#include <utility>

namespace msw::net {

/// One change on its way; owned by who works on it, so that it outlives the keeper.
struct RosterKeeper::Work {
    std::string path;
    MembershipPtr before;
    Make make;
    Result<Outcome> outcome = Outcome{};

    void run() {
        const OpensslThread thread;
        Result<std::vector<roster::Checked>> documents = make(*before->roster());
        if (!documents) {
            outcome = documents.error();
            return;
        }
        roster::Roster next = *before->roster();
        roster::Roster::Merged merged = next.merge(*documents);
        Outcome after{before, std::move(merged.fresh), std::move(merged.alarms)};
        if (next.digest() != before->digest()) {
            if (Result<void> written = roster::write_roster(path, next); !written) {
                outcome = written.error();
                return;
            }
            after.members = std::make_shared<const Membership>(std::move(next));
        }
        outcome = std::move(after);
    }
};

RosterKeeper::RosterKeeper(uv_loop_t* loop, std::string path, MembershipPtr members)
    : loop_(loop), path_(std::move(path)), members_(std::move(members)) {}

void RosterKeeper::change(Make make, Done done) {
    if (waiting_.size() >= kMostWaiting) {
        uv::work(
            loop_, [] {}, anchor_.guard([done = std::move(done)] {
                done(Error{Code::queue_full, "too many changes of the roster wait; try again later"});
            }));
        return;
    }
    waiting_.push_back({std::move(make), std::move(done)});
    if (!busy_) next();
}

void RosterKeeper::next() {
    busy_ = !waiting_.empty();
    if (!busy_) return;
    Change change = std::move(waiting_.front());
    waiting_.pop_front();
    auto work = std::make_shared<Work>();
    work->path = path_;
    work->before = members_;
    work->make = std::move(change.make);
    uv::work(
        loop_, [work] { work->run(); }, anchor_.guard([this, work, done = std::move(change.done)] {
            if (work->outcome) members_ = work->outcome->members;
            done(work->outcome);
            next();
        }));
}

}  // namespace msw::net
