#include "tests/sim/mesh/arriving.hpp"

#include "tests/sim/mesh/apps.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace msw::sim {
namespace {

/// @return the row of the question that an answer from a member answers; 0: none is open
RowId question_of(const Tables& tables, const Datapack& answer, const std::string& member) {
    RowId found = 0;
    for (const auto& [id, out] : tables.outbox) {
        const Datapack& d = *out.row.datapack;
        if (out.row.member != member || d.get("flag") != answer.get("flag") || d.get("from") != answer.app) continue;
        if (out.row.app == answer.get("from")) return id;
        if (found == 0 && (out.row.app == "all" || answer.get("from") == "mswd")) found = id;
    }
    return found;
}

}  // namespace

void Arriving::arrive(const Datapack& d, const FlowKey& flow, std::uint64_t n, std::function<void(bool)> written) {
    Of& of = flows_[flow];
    of.waiting.push_back({std::make_shared<const Datapack>(d), n, std::move(written), 0});
    if (of.writing.empty() && !of.refusing) begin(flow);
}

void Arriving::begin(const FlowKey& flow) {
    Of& of = flows_[flow];
    const auto last = of.waiting.begin() + static_cast<std::ptrdiff_t>(std::min(of.waiting.size(), kMostAtOnce));
    std::move(of.waiting.begin(), last, std::back_inserter(of.writing));
    of.waiting.erase(of.waiting.begin(), last);
    const bool answers = std::any_of(of.writing.begin(), of.writing.end(),
                                     [](const Arrival& a) { return a.datapack->method == "reply"; });
    if (answers) {
        look_up(flow);
    } else {
        write(flow);
    }
}

void Arriving::look_up(const FlowKey& flow) {
    disk_.read([this, flow](const Tables* tables) -> std::function<void()> {
        if (tables == nullptr) return [this, flow] { end(flow, false); };
        for (Arrival& a : flows_[flow].writing) {
            if (a.datapack->method == "reply") a.question = question_of(*tables, *a.datapack, std::get<0>(flow));
        }
        return [this, flow] { write(flow); };
    });
}

void Arriving::write(const FlowKey& flow) {
    const std::vector<Arrival>& all = flows_[flow].writing;
    Inbox::Batch batch;
    std::set<RowId> answered;
    PutMark mark{flow, all.back().n, {}};
    for (const Arrival& a : all) {
        const Datapack& d = *a.datapack;
        const PutMark place{flow, a.n, {}};
        if (d.method == "reply") {
            if (a.question == 0 || !answered.insert(a.question).second) {
                mark.without_row.push_back(a.datapack);
                continue;
            }
            inbox_.add(batch, d.app, a.datapack, &place);
            batch.changes.emplace_back(RemoveOut{{a.question}});
        } else if (Apps::number_of(d.app)) {
            inbox_.add(batch, d.app, a.datapack, &place);
        } else {
            mark.without_row.push_back(a.datapack);
            inbox_.add_answer(batch, around_.no_such_app(d));
        }
    }
    batch.changes.emplace_back(std::move(mark));
    inbox_.commit(std::move(batch), [this, flow, answered = std::move(answered)](bool ok) {
        for (const RowId question : answered) {
            if (ok) around_.removed_from_outbox(question);
        }
        if (ok || flows_[flow].writing.size() == 1) {
            end(flow, ok);
        } else {
            write_fewer(flow);
        }
    });
}

/// There may be room for a part of them. The others hear of it when these do.
void Arriving::write_fewer(const FlowKey& flow) {
    Of& of = flows_[flow];
    const auto half = of.writing.begin() + static_cast<std::ptrdiff_t>(of.writing.size() / 2);
    of.refused.insert(of.refused.begin(), std::make_move_iterator(half), std::make_move_iterator(of.writing.end()));
    of.writing.erase(half, of.writing.end());
    write(flow);
}

void Arriving::end(const FlowKey& flow, bool ok) {
    Of& of = flows_[flow];
    const std::vector<Arrival> all = std::exchange(of.writing, {});
    const bool refuses = !ok || !of.refused.empty();
    of.refusing = refuses;
    if (!refuses) {
        if (of.waiting.empty()) {
            flows_.erase(flow);
        } else {
            begin(flow);
        }
    }
    for (const Arrival& a : all) a.written(ok);
    if (!refuses) return;
    std::vector<Arrival> refused = std::move(of.refused);
    std::move(of.waiting.begin(), of.waiting.end(), std::back_inserter(refused));
    flows_.erase(flow);
    for (const Arrival& a : refused) a.written(false);
}

}  // namespace msw::sim
