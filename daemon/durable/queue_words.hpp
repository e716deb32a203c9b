// `queue ls|show|retry|rm` of the app mswd: what is in the spool, for people.
#pragma once

#include "base/json.hpp"
#include "base/spool/spool.hpp"
#include "daemon/durable/inbox.hpp"
#include "uv/handle.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace msw::durable {

/// Thread: the loop's.
class QueueWords {
public:
    static constexpr std::size_t kMostListed = 1000;  ///< rows of one answer

    /// @param removed  called for each row that was taken out of the outbox
    QueueWords(spool::Spool& spool, Inbox& inbox, std::function<void(spool::RowId)> removed)
        : spool_(spool), inbox_(inbox), removed_(std::move(removed)) {}

    using Done = std::function<void(Result<std::string>)>;
    /// @param words  what follows `queue`: "ls [outbox|inbox|dead] [after ROW]", "show ROW|FLAG", "retry ROW",
    ///               "rm ROW"
    /// @param done   JSON, later
    void ask(std::string_view words, Done done);

private:
    void list(std::string_view words, Done done);
    void find(std::string_view flag, Done done);
    void show(const std::string& what, const Done& done);
    void retry(spool::RowId row, const Done& done);
    void send_again(const spool::WholeRow& row, const Done& done);
    void remove(spool::RowId row, const Done& done);

    spool::Spool& spool_;
    Inbox& inbox_;
    std::function<void(spool::RowId)> removed_;
    uv::Anchor anchor_;
};

}  // namespace msw::durable
