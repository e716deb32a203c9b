// The app `update`.
#pragma once

#include "msw/plugin.hpp"
#include "plugins/update/incoming.hpp"
#include "plugins/update/outgoing.hpp"

#include <string>

namespace msw::update {

/// Thread: the module's.
class Update {
public:
    explicit Update(plugin::Host host);
    Update(const Update&) = delete;
    Update& operator=(const Update&) = delete;
    ~Update() = default;
    /// Take Datapacks until mswd stops.
    void run();

private:
    void take(const Datapack& d);
    [[nodiscard]] int time_to_wait() const;

    plugin::Host host_;
    Outgoing outgoing_;
    Incoming incoming_;
};

}  // namespace msw::update
