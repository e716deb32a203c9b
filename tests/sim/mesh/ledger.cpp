#include "tests/sim/mesh/ledger.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace msw::sim {
namespace {

constexpr std::size_t kSerialDigits = 8;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string flow_app(const Datapack& d) { return d.method == "reply" ? "@" : d.app; }

}  // namespace

Ledger::Ledger(const Plan& plan, Judge& judge, Trace& trace) : judge_(judge), trace_(trace) {
    for (const HostShape& shape : plan.hosts) {
        hosts_.emplace_back();
        hosts_.back().id = shape.id;
    }
}

std::size_t Ledger::host_called(std::string_view id) const {
    const auto at = std::find_if(hosts_.begin(), hosts_.end(), [&](const HostFacts& h) { return h.id == id; });
    return static_cast<std::size_t>(at - hosts_.begin());
}

void Ledger::note(Time now, std::size_t host, const std::string& what, Serial about) {
    if (trace_.wanted()) trace_.line(now, hosts_[host].id + ": #" + std::to_string(about) + " " + what, about);
}

Sent& Ledger::enter(Sent sent) {
    sent.serial = ++last_;
    for (const Copy& copy : sent.copies) {
        if (sent.method == "reply" || sent.durable || copy.host == hosts_.size()) continue;
        const auto [at, first] = questions_.try_emplace({sent.serial, copy.host});
        const std::size_t open = first ? 1 : at->second.open + 1;
        at->second = {
            sent.origin, sent.run, sent.from, sent.stream, open, sent.expires, copy.unknown ? INT64_MAX : sent.expires};
    }
    if (trace_.wanted()) {
        std::string text = "an app submits " + sent.method + ", " + std::to_string(sent.size) + " bytes, for";
        for (const Copy& copy : sent.copies) {
            text += " " + (copy.host < hosts_.size() ? hosts_[copy.host].id : "nobody") + ":" + copy.app;
        }
        if (sent.question != 0) text += ", answers #" + std::to_string(sent.question);
        note(sent.at, sent.origin, text, sent.serial);
    }
    trace_.mark(sent.at, 1, sent.serial, sent.origin);
    return all_.emplace(last_, std::move(sent)).first->second;
}

std::string Ledger::body_of(Serial serial, std::size_t size) {
    std::array<char, kSerialDigits> digits{};
    for (std::size_t i = kSerialDigits; i-- > 0; serial >>= 4U) digits[i] = "0123456789abcdef"[serial & 15U];
    std::string body = "#" + std::string(digits.data(), digits.size()) + "\n";
    if (size > body.size()) body.resize(size, static_cast<char>('a' + size % 26));
    return body;
}

Serial Ledger::serial_of(std::string_view body) {
    Serial serial = 0;
    if (body.size() < kSerialDigits + 2 || body.front() != '#') return 0;
    (void)std::from_chars(body.data() + 1, body.data() + 1 + kSerialDigits, serial, 16);
    return serial;
}

Sent* Ledger::find(Serial serial) {
    const auto at = all_.find(serial);
    return at == all_.end() ? nullptr : &at->second;
}

Copy* Ledger::copy_for(Sent& sent, std::size_t host, std::string_view app) {
    const auto at = std::find_if(sent.copies.begin(), sent.copies.end(),
                                 [&](const Copy& c) { return c.host == host && c.app == app; });
    return at == sent.copies.end() ? nullptr : &*at;
}

void Ledger::written(std::size_t host, const Datapack& d, bool back, Time now) {
    Sent* sent = find(serial_of(d.body));
    const std::size_t to = host_called(d.get("to"));
    if (sent == nullptr || to == hosts_.size()) return;
    Copy* copy = copy_for(*sent, to, d.app);
    if (copy == nullptr) {
        judge_.broken("nobody-asked-for-it",
                      hosts_[host].id + " sends a copy to " + hosts_[to].id + " that nobody asked for", now,
                      sent->serial);
        return;
    }
    trace_.mark(now, 2, sent->serial, host << 8U | to);
    if (host == sent->origin && d.get("hops").empty()) {
        ++copy->sent;
        copy->forced |= !d.get("via").empty();
        const net::Run destination = net::parse_run(d.get("for"));
        if (copy->first_for == net::kNoRun) copy->first_for = destination;
        if (copy->first_for != destination && !sent->durable) {
            judge_.broken(
                "ordinary-sent-to-one-run-only",
                hosts_[host].id + " sends again to another run of " + hosts_[to].id + " what had been sent before", now,
                sent->serial);
        }
        note(now, host,
             "sent to " + hosts_[to].id + ", n " + std::string(d.get("n")) + ", at " + std::string(d.get("at")),
             sent->serial);
        return;
    }
    ++copy->relayed;
    note(now, host, "passed on toward " + hosts_[to].id + ", hops " + std::string(d.get("hops")), sent->serial);
    constexpr unsigned kMostHops = 32;
    if (copy->relayed > copy->sent * kMostHops) {
        judge_.broken("hops-run-out",
                      "it was passed on " + std::to_string(copy->relayed) + " times for " + std::to_string(copy->sent) +
                          " sendings",
                      now, sent->serial);
    }
    if (back && !copy->forced) {
        judge_.broken("never-back", hosts_[host].id + " passes it on to where it came from", now, sent->serial);
    }
    unsigned hops = 0;
    const std::string_view text = d.get("hops");
    (void)std::from_chars(text.data(), text.data() + text.size(), hops);
    if (sent->serial > converged_ && !copy->forced && hops + hosts_.size() < kMostHops) {
        judge_.broken("no-loop",
                      "all know all ways, and it was passed on " + std::to_string(kMostHops - hops) + " times, with " +
                          std::to_string(hosts_.size()) + " hosts",
                      now, sent->serial);
    }
}

void Ledger::came(std::size_t host, const Datapack& d, Time now) {
    Sent* sent = find(serial_of(d.body));
    Copy* copy = sent == nullptr ? nullptr : copy_for(*sent, host, d.app);
    if (copy == nullptr || net::parse_run(d.get("for")) != hosts_[host].run) return;
    trace_.mark(now, 3, sent->serial, host);
    note(now, host, "comes, n " + std::string(d.get("n")) + ", low " + std::string(d.get("low")), sent->serial);
    if (std::find(copy->came_to.begin(), copy->came_to.end(), hosts_[host].run) == copy->came_to.end()) {
        copy->came_to.push_back(hosts_[host].run);
    }
}

void Ledger::handed(std::size_t host, const Datapack& d, Time now) {
    const Serial serial = serial_of(d.body);
    Sent* sent = find(serial);
    if (sent == nullptr && d.method == "reply") {  // net's own
        judge_answer(host, d, host_called(d.get("id")), serial, now);
        return;
    }
    Copy* copy = sent == nullptr ? nullptr : copy_for(*sent, host, d.app);
    trace_.mark(now, 4, serial, host);
    if (copy == nullptr) {
        judge_.broken("delivered-to-whom-it-is-for",
                      hosts_[host].id + " hands its app " + d.app + " what is not for it", now, serial);
        return;
    }
    note(now, host, "handed to " + d.app, serial);
    if (d.body.size() != sent->size || d.method != sent->method || d.get("from") != sent->from ||
        d.get("id") != hosts_[sent->origin].id || body_of(serial, sent->size) != d.body) {
        judge_.broken("delivered-as-sent", "it was changed on its way", now, serial);
    }
    for (const char* name : {"class", "run", "for", "n", "low", "at", "via", "hops", "to"}) {
        if (d.head.has(name)) judge_.broken("delivered-as-sent", std::string("it has the field ") + name, now, serial);
    }
    if (++copy->handed > 1)
        judge_.broken("never-twice", hosts_[host].id + " hands it to " + d.app + " again", now, serial);
    for (const Failure& failure : sent->failures) {
        if (failure.host == host && failure.code != "unconfirmed" && sent->copies.size() == 1) {
            judge_.broken("no-failure-of-what-arrives", "its origin had said " + failure.code, now, serial);
        }
    }
    Serial& last = last_handed_[{sent->origin, sent->run, host, flow_app(d)}];
    if (last > serial) {
        judge_.broken("in-order", hosts_[host].id + " hands it on after #" + std::to_string(last) + " of the same flow",
                      now, serial);
    }
    last = std::max(last, serial);
    if (d.method == "reply") judge_answer(host, d, sent->origin, serial, now);
}

void Ledger::judge_answer(std::size_t host, const Datapack& reply, std::size_t by, Serial about, Time now) {
    const Serial asked = net::parse_run(reply.get("flag"));
    const auto at = questions_.find({asked, by});
    const std::string who =
        hosts_[host].id + " lets through an answer of " + (by < hosts_.size() ? hosts_[by].id : "nobody");
    if (at == questions_.end() || at->second.asker != host || at->second.run != hosts_[host].run ||
        at->second.app != reply.app) {
        judge_.broken("answers-only-to-who-asked", who + " that nobody asked for", now, about);
        return;
    }
    if (at->second.open == 0)
        judge_.broken("answers-only-while-open", who + " though the question is over", now, about);
    if (at->second.ends <= hosts_[host].wall_at(now)) {
        judge_.broken("answers-only-while-open", who + " after the question has expired", now, about);
    }
    const bool more = at->second.stream && reply.head.has("part") && reply.get("end") != "1";
    if (!more && at->second.open > 0) --at->second.open;
}

std::size_t Ledger::host_in(std::string_view text) const {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        const std::string& id = hosts_[i].id;
        for (std::size_t at = text.find(id); at != std::string_view::npos; at = text.find(id, at + 1)) {
            const bool begins = at == 0 || !is_letter(text[at - 1]);
            const bool ends = at + id.size() == text.size() || !is_letter(text[at + id.size()]);
            if (begins && ends) return i;
        }
    }
    return hosts_.size();
}

void Ledger::told(std::size_t host, const Datapack& error, Time now) {
    const Serial serial = net::parse_run(error.get("flag"));
    Sent* sent = find(serial);
    const std::string code(error.get("error"));
    if (sent == nullptr || code.empty()) return;  // an answer of net itself
    trace_.mark(now, 5, serial, host);
    note(now, host, "its app is told " + code + ": " + error.body, serial);
    if (sent->origin != host || sent->run != hosts_[host].run || error.app != sent->from) {
        judge_.broken("answers-only-to-who-asked", hosts_[host].id + " tells " + error.app + " of what it did not send",
                      now, serial);
        return;
    }
    if (sent->method == "reply") judge_.broken("no-error-of-a-reply", "it is a reply", now, serial);
    const std::size_t about = sent->copies.size() == 1 ? sent->copies.front().host : host_in(error.body);
    sent->failures.push_back({code, about});
    if (about == hosts_.size()) return;
    const auto question = questions_.find({serial, about});
    if (question != questions_.end() && question->second.open > 0) --question->second.open;
    std::size_t copies = 0;
    std::size_t handed = 0;
    std::size_t failures = 0;
    std::size_t denied = 0;
    for (const Copy& copy : sent->copies) {
        if (copy.host != about) continue;
        ++copies;
        handed += copy.handed;
        const bool never_sent = code == "expired" || code == "unreachable";
        if (never_sent && copies == 1 && copy.sent > 0 && sent->copies.size() == 1) {
            judge_.broken("says-what-it-knows",
                          "it says " + code + " of what it has sent " + std::to_string(copy.sent) + " times", now,
                          serial);
        }
        const bool other_run =
            hosts_[about].restored || (copy.first_for != net::kNoRun && hosts_[about].runs.back() != copy.first_for);
        if (code == "unconfirmed" && !other_run && !sent->late && !sent->forced &&
            sent->expires > hosts_[host].wall_at(now) && sent->copies.size() == 1) {
            judge_.broken("no-early-end", "it says unconfirmed while its time runs and " + hosts_[about].id + " lives",
                          now, serial);
        }
        if (code == "expired" && sent->expires > hosts_[host].wall_at(now)) {
            judge_.broken("no-early-end", "it says expired before its time is over", now, serial);
        }
    }
    for (const Failure& failure : sent->failures) {
        failures += failure.host == about ? 1U : 0U;
        denied += failure.host == about && failure.code != "unconfirmed" ? 1U : 0U;
    }
    if (failures > copies) judge_.broken("one-ending", "it ends for the second time: " + code, now, serial);
    if (denied + handed > copies) {
        judge_.broken("no-failure-of-what-arrives", "it says " + code + " of what was handed to its app", now, serial);
    }
}

void Ledger::logged(std::size_t host, const Datapack& about) {
    Sent* sent = find(serial_of(about.body));
    if (sent != nullptr && sent->origin == host) ++sent->lines;
}

bool Ledger::may_wait(const Sent& sent, const Copy& copy) const {
    if (copy.host == hosts_.size()) return true;  // there is no such host: it is given time to turn up
    if (hosts_[copy.host].expected) return false;
    return copy.unknown || sent.expires > hosts_[sent.origin].wall;
}

bool Ledger::died_with(const Copy& copy) const {
    return std::any_of(copy.came_to.begin(), copy.came_to.end(),
                       [&](net::Run run) { return run != hosts_[copy.host].run; });
}

bool Ledger::question_is_over(const Sent& reply, const Copy& copy) const {
    const auto at = questions_.find({reply.question, reply.origin});
    if (at == questions_.end()) return true;
    const Question& q = at->second;
    return q.open == 0 || q.run != hosts_[copy.host].run || q.may_end <= hosts_[copy.host].latest || q.app != copy.app;
}

void Ledger::judge_end(const Sent& sent, const Copy& copy, Time now) {
    const auto failures =
        static_cast<std::size_t>(std::count_if(sent.failures.begin(), sent.failures.end(), [&](const Failure& f) {
            return f.host == copy.host || f.host == hosts_.size();
        }));
    const bool came = !copy.came_to.empty();
    if (copy.handed > 0 || failures > 0 || (copy.host < hosts_.size() && died_with(copy))) return;
    if (copy.app == "net" && came) return;  // it is net itself that takes it
    if (may_wait(sent, copy)) return;
    if (sent.method == "reply") {
        if (sent.lines > 0 || hosts_[sent.origin].lines_left_out || question_is_over(sent, copy)) return;
        judge_.broken("answers-arrive", "the answer was not handed on, though its question is open", now, sent.serial);
        return;
    }
    judge_.broken("each-ends",
                  std::string("it was neither handed on nor did its sender hear of it; it was sent ") +
                      std::to_string(copy.sent) + " times and " + (came ? "came" : "never came") + " to " +
                      (copy.host < hosts_.size() ? hosts_[copy.host].id : "nobody"),
                  now, sent.serial);
}

void Ledger::settle(Time now) {
    for (const auto& [serial, sent] : all_) {
        if (sent.durable) continue;                         // DurableTruth judges those
        if (sent.run != hosts_[sent.origin].run) continue;  // it ended with its origin's daemon
        for (const Copy& copy : sent.copies) judge_end(sent, copy, now);
    }
}

bool Ledger::answered(const std::vector<Serial>& questions) const {
    return std::all_of(questions.begin(), questions.end(), [&](Serial serial) {
        const Sent& sent = all_.at(serial);
        return std::all_of(sent.copies.begin(), sent.copies.end(), [&](const Copy& copy) {
            const auto at = questions_.find({serial, copy.host});
            return at == questions_.end() || at->second.open == 0;
        });
    });
}

std::size_t Ledger::open_questions(std::size_t host) const {
    return static_cast<std::size_t>(std::count_if(questions_.begin(), questions_.end(), [&](const auto& q) {
        return q.second.asker == host && q.second.run == hosts_[host].run && q.second.open > 0 &&
               q.second.ends > hosts_[host].wall;
    }));
}

std::vector<std::tuple<std::size_t, std::size_t, std::string>> Ledger::flows() const {
    std::vector<std::tuple<std::size_t, std::size_t, std::string>> out;
    for (const auto& [serial, sent] : all_) {
        if (sent.run != hosts_[sent.origin].run || sent.method == "reply") continue;
        for (const Copy& copy : sent.copies) {
            if (copy.host == hosts_.size() || !hosts_[copy.host].expected) continue;
            if (copy.app.front() == 'p') out.emplace_back(sent.origin, copy.host, copy.app);
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace msw::sim
