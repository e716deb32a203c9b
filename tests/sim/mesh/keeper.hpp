// Ends what is too old on a simulated disk: daemon/durable/keeper in small. One run of a daemon.
#pragma once

#include "tests/sim/mesh/inbox.hpp"

namespace msw::sim {

/// Thread: one at a time.
class Keeper {
public:
    static constexpr Time kLook{5'000};

    Keeper(Disk& disk, Inbox& inbox, Around& around) : disk_(disk), inbox_(inbox), around_(around) {}
    void start() {
        around_.later(kLook, [this] { look(); });
    }

private:
    void look();
    void bury(const Tables& old);

    Disk& disk_;
    Inbox& inbox_;
    Around& around_;
};

}  // namespace msw::sim
