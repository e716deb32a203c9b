#include "daemon/durable/arrivals.hpp"

#include "daemon/durable/stored.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace msw::durable {

void Arrivals::arrive(const Datapack& d, const Flow& flow, std::function<void(bool)> written) {
    const std::string key = flow.origin + ' ' + std::to_string(flow.run) + ' ' + flow.name;
    Arriving& arriving = arriving_[key];
    arriving.waiting.push_back({d, flow, std::move(written)});
    if (arriving.writing.empty() && !arriving.refusing) begin(key);
}

void Arrivals::begin(const std::string& key) {
    Arriving& arriving = arriving_[key];
    const auto count = static_cast<std::ptrdiff_t>(std::min(arriving.waiting.size(), kMostAtOnce));
    const auto last = arriving.waiting.begin() + count;
    std::move(arriving.waiting.begin(), last, std::back_inserter(arriving.writing));
    arriving.waiting.erase(arriving.waiting.begin(), last);
    arriving.failed = false;
    for (std::size_t i = 0; i < arriving.writing.size(); ++i) {
        if (arriving.writing[i].datapack.method == "reply") look_up(key, i);
    }
    if (arriving.looking == 0) write(key);
}

void Arrivals::look_up(const std::string& key, std::size_t i) {
    Arriving& arriving = arriving_[key];
    ++arriving.looking;
    const Datapack& d = arriving.writing[i].datapack;
    spool_.read(spool::OpenQuestion{std::string(d.get("flag")), arriving.writing[i].flow.origin, d.app,
                                    std::string(d.get("from"))},
                anchor_.guard([this, key, i](const Result<spool::OpenQuestion::Answer>& found) {
                    Arriving& of = arriving_[key];
                    if (found) {
                        of.writing[i].question = found->value_or(0);
                    } else {
                        of.failed = true;
                    }
                    if (--of.looking > 0) return;
                    if (of.failed) {
                        end(key, false);
                    } else {
                        write(key);
                    }
                }));
}

void Arrivals::write(const std::string& key) {
    const std::vector<Arrival>& all = arriving_[key].writing;
    Inbox::Batch batch;
    std::set<spool::RowId> answered;
    for (const Arrival& arrival : all) {
        if (arrival.datapack.method == "reply") {
            add_answer(arrival, answered, batch);
        } else {
            add(arrival, batch);
        }
    }
    const Flow& last = all.back().flow;
    batch.changes.emplace_back(spool::PutMarks{last.origin, last.run, last.name, std::to_string(last.n), now()});
    inbox_.commit(std::move(batch),
                  anchor_.guard([this, key, answered = std::move(answered)](const Result<void>& done) {
                      // An answer says as well as a receipt that the question arrived.
                      for (const spool::RowId question : answered) {
                          if (done) removed_(question);
                      }
                      if (done || arriving_[key].writing.size() == 1) {
                          end(key, done.ok());
                      } else {
                          write_fewer(key);
                      }
                  }));
}

/// There may be room for a part of them. The others hear of it when these do: who sent them goes by the order.
void Arrivals::write_fewer(const std::string& key) {
    Arriving& arriving = arriving_[key];
    const auto half = arriving.writing.begin() + static_cast<std::ptrdiff_t>(arriving.writing.size() / 2);
    arriving.refused.insert(arriving.refused.begin(), std::make_move_iterator(half),
                            std::make_move_iterator(arriving.writing.end()));
    arriving.writing.erase(half, arriving.writing.end());
    write(key);
}

void Arrivals::add(const Arrival& arrival, Inbox::Batch& batch) {
    const Datapack& d = arrival.datapack;
    const Result<std::string> bytes = to_bytes(d);
    const Forwarder::Apps apps = services_.forwarder.apps_for(d, {});
    if (bytes) {
        const DatapackRef shared{Datapack(d)};
        for (const std::string& app : apps.known) inbox_.add(batch, app, shared, *bytes, &arrival.flow);
        if (apps.missing.empty()) return;
    }
    const Error why = bytes ? services_.forwarder.why_missing(apps.missing) : bytes.error();
    services_.log.write(Priority::warning, "mswd", d.method + " to " + d.app + ": " + why.text, journal_fields(d));
    if (d.get("from").empty()) return;
    Datapack answer = d.error_reply(why.code, why.text);
    services_.forwarder.stamp(answer, Sender{"mswd", "plugin:mswd"});
    inbox_.add_answer(batch, std::move(answer));
}

void Arrivals::add_answer(const Arrival& arrival, std::set<spool::RowId>& answered, Inbox::Batch& batch) {
    const Datapack& d = arrival.datapack;
    Result<std::string> bytes = to_bytes(d);
    if (arrival.question == 0 || answered.contains(arrival.question) || !bytes) {
        const bool is_error = !d.get("error").empty();
        ++unasked_;
        services_.log.write(
            is_error ? Priority::warning : Priority::info, "mswd",
            "an answer was dropped: no question is open that it answers" + (is_error ? ": " + d.body : std::string()),
            journal_fields(d));
        return;
    }
    inbox_.add(batch, d.app, DatapackRef{Datapack(d)}, std::move(bytes).value(), &arrival.flow);
    if (more_follow(d)) return;
    answered.insert(arrival.question);
    batch.changes.emplace_back(spool::RemoveOutbox{spool::ByRow{{arrival.question}}});
}

void Arrivals::end(const std::string& key, bool ok) {
    Arriving& arriving = arriving_[key];
    const std::vector<Arrival> all = std::exchange(arriving.writing, {});
    const bool refuses = !ok || !arriving.refused.empty();
    arriving.refusing = refuses;
    if (!refuses) {
        if (arriving.waiting.empty()) {
            arriving_.erase(key);
        } else {
            begin(key);
        }
    }
    for (const Arrival& arrival : all) arrival.written(ok);
    if (!refuses) return;
    // What came behind one that is not on disk must not be there either, even if it came just now: the mark would pass
    // that over.
    std::vector<Arrival> refused = std::move(arriving.refused);
    std::move(arriving.waiting.begin(), arriving.waiting.end(), std::back_inserter(refused));
    arriving_.erase(key);
    for (const Arrival& arrival : refused) arrival.written(false);
}

}  // namespace msw::durable
