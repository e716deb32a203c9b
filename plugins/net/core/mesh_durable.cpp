// What is on disk at both ends: into the outbox before it is sent, into the inbox before it is receipted.
#include "plugins/net/core/mesh.hpp"

#include "msw/host_id.hpp"

#include <algorithm>

namespace msw::net {

void Mesh::set_store(Store* store) {
    store_ = store;
    shelf_.start(store);
}

void Mesh::end_of_turn(Time now) {
    flush_received();
    custody_.let_go();
    shelf_.pump(now);
    arrivals_.tick(now);
}

void Mesh::flush_received() {
    if (!received_.empty()) shelf_.received(std::exchange(received_, {}));
}

bool Mesh::stop_durable(Parcel& parcel, Time now) {
    const Datapack& d = parcel.datapack;
    if (d.get("durable") != "1") return false;
    const std::string host = parcel.way.back();
    if (!shelf_.works()) {
        refused(parcel, host, Count::bad_target,
                {Code::unsupported, "this host keeps nothing on disk; send it without `durable`"}, now);
        return true;
    }
    if (d.file) {
        refused(parcel, host, Count::bad_target,
                {Code::unsupported, "a file can't be durable yet; send it without `durable`"}, now);
        return true;
    }
    if (!member_called(host).empty()) return false;
    if (is_self(host)) return false;
    refused(parcel, host, Count::bad_target,
            is_old_host(host) ? Error{Code::unsupported, host + " is an old host, which keeps nothing on disk; send it "
                                                                "without `durable`"}
                              : no_such_host(host),
            now);
    return true;
}

void Mesh::carry_durable(Parcel& parcel, const std::string& member, const std::string& host, Held held, Time now) {
    if (const Result<void> room = shelf_.room_for(member, host, *held.datapack); !room) {
        parcel.datapack = *held.datapack;
        refused(parcel, host, Count::queue_full, room.error(), now);
        return;
    }
    hops_.try_emplace(member, routes_.table().next_hop(member));
    // The body is not needed to say what became of it.
    Parcel about;
    about.datapack = Datapack(held.datapack->method, held.datapack->app);
    about.datapack.head = held.datapack->head;
    about.accepting = parcel.accepting;
    about.answered = parcel.answered;
    shelf_.accept(member, host, std::move(held), parcel.answered,
                  [this, about = std::move(about), host](const Result<void>& done, Time at) mutable {
                      if (done) {
                          accepted(about.accepting, host, "spooled", at);
                      } else {
                          about.answered = 0;
                          refused(about, host, Count::queue_full, done.error(), at);
                      }
                  });
}

void Mesh::commit(const Datapack& d, const std::string& member, const FlowName& flow, std::uint64_t n,
                  std::uint64_t token, std::uint64_t generation) {
    store_->arrive(d, member, flow.run, flow.app, n, [this, token, generation](bool ok, Time now) {
        if (ok) counters_.add(Count::delivered);
        arrivals_.committed(token, generation, ok, now);
    });
}

void Mesh::recall(const std::string& member, const FlowName& flow, std::uint64_t token) {
    store_->mark_of(member, flow.run, flow.app, [this, token](std::optional<std::uint64_t> mark, Time now) {
        arrivals_.recalled(token, mark, now);
    });
}

// `want: accept`: one answer that names each host and what became of the copy for it.

std::uint64_t Mesh::begin_accepting(const Datapack& d, std::size_t hosts) {
    if (d.get("want") != "accept" || d.method == "reply" || d.get("from").empty()) return 0;
    Accepting waiting;
    waiting.question = Datapack(d.method, d.app);
    waiting.question.head = d.head;
    waiting.open = hosts;
    accepting_.emplace(++last_accepting_, std::move(waiting));
    return last_accepting_;
}

void Mesh::accepted(std::uint64_t accepting, const std::string& host, const std::string& word, Time now) {
    const auto at = accepting_.find(accepting);
    if (at == accepting_.end()) return;
    at->second.lines.append(host).append(" ").append(word).append("\n");
    if (--at->second.open > 0) return;
    Datapack answered = at->second.question.reply();
    answered.set("want", "accept");
    answered.set("part", "0");
    answered.body = std::move(at->second.lines);
    const Datapack question = std::move(at->second.question);
    accepting_.erase(at);
    answer(question, std::move(answered), now);
}

void Mesh::refused(Parcel& parcel, const std::string& host, Count count, const Error& why, Time now) {
    if (parcel.answered != 0) store_->done_with(std::exchange(parcel.answered, 0));
    if (parcel.accepting == 0) {
        failed(parcel.datapack, count, why, now);
        return;
    }
    if (counters_.add_with_line(count, now)) {
        edge_.log(MSW_WARNING,
                  parcel.datapack.method + " for " + parcel.datapack.app + " on " + host + " was refused: " + why.text,
                  &parcel.datapack);
    }
    accepted(parcel.accepting, host, "refused " + std::string(wire_name(why.code)) + ' ' + why.text, now);
}

}  // namespace msw::net
