#include "tests/sim/mesh/keeper.hpp"

namespace msw::sim {

void Keeper::look() {
    start();
    const std::int64_t now = around_.wall_ms() / 1000;
    disk_.read([this, now](const Tables* tables) -> std::function<void()> {
        if (tables == nullptr) return [] {};
        Tables old;
        for (const auto& [id, row] : tables->inbox) {
            if (row.expires < now) old.inbox.emplace(id, row);
        }
        for (const auto& [id, row] : tables->outbox) {
            if (row.row.expires < now) old.outbox.emplace(id, row);
        }
        return [this, old = std::move(old)] { bury(old); };
    });
}

void Keeper::bury(const Tables& old) {
    Changes changes;
    std::vector<RowId> buried;
    for (const auto& [id, row] : old.inbox) {
        if (inbox_.is_with_plugin(id)) continue;
        changes.emplace_back(Bury{false, id, row.handed > 0, false});
        inbox_.forget(id);
    }
    for (const auto& [id, row] : old.outbox) {
        if (row.received) {
            changes.emplace_back(RemoveOut{{id}});  // it arrived, and was not answered
            continue;
        }
        changes.emplace_back(Bury{true, id, row.row.sent_for != net::kNoRun, false});
        buried.push_back(id);
    }
    if (changes.empty()) return;
    disk_.write(std::move(changes), [this, buried](const Disk::Written& written) {
        if (!written) return;
        for (const RowId id : buried) around_.removed_from_outbox(id);
    });
}

}  // namespace msw::sim
