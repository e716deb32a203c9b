// This host's copy of the roster: changes to it are made one after another, on the pool, and written down before
// anybody is told of them.
#pragma once

#include "base/roster/roster.hpp"
#include "plugins/net/core/membership.hpp"
#include "uv/handle.hpp"

#include <uv.h>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace msw::net {

/// Thread: the loop's.
class RosterKeeper {
public:
    static constexpr std::size_t kMostWaiting = 256;  ///< changes

    /// What has come of a change.
    struct Outcome {
        MembershipPtr members;  ///< after it
        std::vector<roster::Digest> fresh;
        std::vector<std::string> alarms;
    };
    /// Makes the documents of a change, of the roster as it is then; or says why there are none. Runs on the pool, and
    /// may be slow.
    using Make = std::function<Result<std::vector<roster::Checked>>(const roster::Roster& now)>;
    using Done = std::function<void(const Result<Outcome>&)>;

    /// @param path     of the file
    /// @param members  of a mesh
    RosterKeeper(uv_loop_t* loop, std::string path, MembershipPtr members);

    /// @param done  called once, never from within this call, and not if this is gone. Code::io: it could not be
    /// written
    ///              down, so nothing has changed; Code::queue_full
    void change(Make make, Done done);

    [[nodiscard]] const MembershipPtr& members() const noexcept { return members_; }

private:
    struct Change {
        Make make;
        Done done;
    };
    struct Work;
    void next();

    uv_loop_t* loop_;
    std::string path_;
    MembershipPtr members_;
    std::deque<Change> waiting_;
    bool busy_ = false;
    uv::Anchor anchor_;
};

}  // namespace msw::net
