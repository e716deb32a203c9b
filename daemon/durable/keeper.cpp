#include "daemon/durable/keeper.hpp"

#include "daemon/durable/stored.hpp"

#include <utility>

namespace msw::durable {

Keeper::Keeper(Services& services, spool::Spool& spool, Inbox& inbox, std::function<void(spool::RowId)> removed)
    : services_(services), spool_(spool), inbox_(inbox), removed_(std::move(removed)), timer_(services.loop, [this] {
          look();
      }) {}

void Keeper::look() {
    if (looking_) return;
    looking_ = true;
    spool_.read(spool::ExpiredBefore{spool::Box::inbox, now()},
                anchor_.guard([this](const Result<spool::ExpiredBefore::Answer>& page) {
                    if (page) expired(spool::Box::inbox, *page);
                }));
    spool_.read(spool::ExpiredBefore{spool::Box::outbox, now()},
                anchor_.guard([this](const Result<spool::ExpiredBefore::Answer>& page) {
                    looking_ = false;
                    if (page) expired(spool::Box::outbox, *page);
                    if (now() - tidied_ >= kTidy) tidy();
                }));
}

void Keeper::expired(spool::Box box, const spool::ExpiredBefore::Answer& page) {
    spool::Changes changes;
    std::vector<spool::RowId> buried;
    for (const spool::Listed& row : page.rows) {
        const bool in = box == spool::Box::inbox;
        if (in && inbox_.is_with_plugin(row.row)) continue;
        if (!in && row.state == spool::State::received) {
            changes.emplace_back(spool::RemoveOutbox{spool::ByRow{{row.row}}});  // it arrived, and was not answered
            continue;
        }
        const bool maybe = in ? row.handed > 0 : row.sent_for.has_value();
        const std::string why = in ? "its time ran out before " + row.app + " was done with it"
                                   : "its time ran out before " + row.host + " said that it arrived";
        services_.log.write(Priority::warning, "mswd",
                            "a durable Datapack for " + row.app + (in ? "" : " on " + row.host) +
                                " is a dead letter: " + why + "; `mswctl queue show " + row.flag + '`',
                            {{"MSW_FLAG", row.flag}, {"MSW_FROM", row.asker}});
        changes.emplace_back(spool::Bury{box, row.row, why, maybe, now()});
        if (in) {
            inbox_.forget(row.row);
        } else {
            buried.push_back(row.row);
        }
    }
    if (changes.empty()) return;
    // Its number is passed over once it is off the disk, and not before: after a crash it would be here again, and what
    // its destination passed over would count as arrived.
    spool_.write(std::move(changes),
                 anchor_.guard([this, buried = std::move(buried)](const Result<spool::Written>& done) {
                     if (!done) return;  // the next look finds them again
                     for (const spool::RowId row : buried) removed_(row);
                 }));
}

void Keeper::tidy() {
    tidied_ = now();
    spool_.write({spool::Tidy{now()}}, anchor_.guard([this](const Result<spool::Written>& done) {
        if (done && done->forgotten > 0) tidied_ = 0;
    }));
}

}  // namespace msw::durable
