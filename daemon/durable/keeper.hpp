// Ends what is too old: rows whose time has run out become dead letters, and these go in their turn.
#pragma once

#include "base/spool/spool.hpp"
#include "daemon/durable/inbox.hpp"
#include "daemon/services.hpp"
#include "uv/handle.hpp"
#include "uv/loop.hpp"

#include <functional>

namespace msw::durable {

/// Thread: the loop's.
class Keeper {
public:
    static constexpr std::chrono::seconds kLook{5};
    static constexpr spool::Seconds kTidy = 600;

    /// @param removed  called for each row that was taken out of the outbox
    Keeper(Services& services, spool::Spool& spool, Inbox& inbox, std::function<void(spool::RowId)> removed);
    void start() { timer_.start(kLook, kLook); }

private:
    void look();
    void expired(spool::Box box, const spool::ExpiredBefore::Answer& page);
    void tidy();

    Services& services_;
    spool::Spool& spool_;
    Inbox& inbox_;
    std::function<void(spool::RowId)> removed_;
    spool::Seconds tidied_ = 0;
    bool looking_ = false;
    uv::Timer timer_;
    uv::Anchor anchor_;
};

}  // namespace msw::durable
