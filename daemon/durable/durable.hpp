// The durable queues of this host: the spool and all that works on it, in the order in which it lives.
#pragma once

#include "base/spool/spool.hpp"
#include "daemon/durable/arrivals.hpp"
#include "daemon/durable/inbox.hpp"
#include "daemon/durable/keeper.hpp"
#include "daemon/durable/outbox.hpp"
#include "daemon/durable/queue_words.hpp"
#include "daemon/services.hpp"

#include <functional>
#include <memory>
#include <string>

namespace msw::durable {

/// Thread: the loop's.
class Durable {
public:
    /// @return what Spool::open says
    [[nodiscard]] static Result<std::unique_ptr<Durable>> open(Services& services, const spool::Settings& settings);

    /// Hand on what waits from before.
    /// @param removed  called for each row that somebody takes out of the outbox, for the transport
    void start(std::function<void(spool::RowId)> removed);
    void stop() { inbox.stop(); }

private:
    Durable(Services& services, std::unique_ptr<spool::Spool> spool);
    std::unique_ptr<spool::Spool> spool_;
    std::function<void(spool::RowId)> removed_;

public:
    Inbox inbox;
    Arrivals arrivals;
    Outbox outbox;
    QueueWords words;

private:
    Keeper keeper_;
};

}  // namespace msw::durable
