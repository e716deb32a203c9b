#include "tests/sim/mesh/world.hpp"

#include "tests/sim/mesh/nonsense.hpp"

#include <algorithm>

namespace msw::sim {

World::World(const Plan& plan, bool lines)
    : plan_(plan),
      trace_(lines),
      ledger_(plan, judge_, trace_),
      durable_(plan, ledger_, judge_, trace_),
      network_(plan, events_, [this](std::size_t host) { hosts_[host]->poke(); }) {
    for (std::size_t i = 0; i < plan.hosts.size(); ++i) {
        hosts_.push_back(
            std::make_unique<Host>(Surroundings{plan, events_, network_, ledger_, durable_, judge_, trace_}, i));
        by_member_.emplace(hosts_[i]->member(), i);
        events_.add(plan.hosts[i].start, {Event::Kind::start, i, 0, 0, 0});
    }
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        const Step& step = plan.steps[i];
        events_.add(step.at, {Event::Kind::step, i, 0, 0, 0});
        if (step.kind == StepKind::restore && Time(step.amount) <= step.at) {
            events_.add(step.at - Time(step.amount), {Event::Kind::copy, i, 0, 0, 0});
        }
    }
}

Outcome World::run() {
    const auto broken = [&] { return judge_.verdict().has_value(); };
    while (now() < plan_.faults_end + Time(1) && !broken()) step();
    const std::string bound = std::to_string(kConverge.count() / 1000) + " s after the last fault ";
    if (!broken() && !until([&] { return all_reach_all() && circles().empty(); }, kConverge)) {
        if (all_reach_all()) {
            judge_.broken("no-loop", bound + "there is no way " + circles() + " from host to host", now());
        } else {
            judge_.broken("views-converge", bound + "not all reach all, and only those: " + who_reaches_whom(), now());
        }
    }
    outcome_.converged = now() - plan_.faults_end;
    ledger_.set_converged();
    if (!broken()) {
        const Time patience = kTraffic + time_for_backlog();
        const std::vector<Serial> questions = use_all_flows();
        if (!until([&] { return ledger_.answered(questions); }, patience)) {
            judge_.broken("traffic-flows-again",
                          "when all reached all each flow was used, and " + unanswered(questions, patience), now(), 0);
        }
    }
    if (!broken()) pass_by_what_swallows();
    for (const Step* hold : holds_) hosts_[hold->host]->deafen(hold->other, -1);
    const std::string nobody = gone_ ? hosts_[*gone_]->shape().id : std::string();
    bool all_lived = !gone_;
    for (std::size_t i = 0; i < hosts_.size(); ++i) all_lived = all_lived && ledger_.host(i).runs.size() == 1;
    const auto unfinished = [&] {
        for (const auto& host : hosts_) {
            if (const std::string what = host->unfinished(nobody, all_lived); !what.empty())
                return host->shape().id + " has" + what;
        }
        return std::string();
    };
    if (!broken() && !until([&] { return unfinished().empty(); }, kDrain)) {
        judge_.broken("nothing-is-left-to-do", "a minute after every flow was used " + unfinished(), now());
    }
    if (!broken()) {
        // By then each host has said how many lines it left out.
        (void)until([] { return false; }, net::Counters::kWindow + Time(1'000));
        ledger_.settle(now());
        durable_.settle(now());
        judge_questions();
    }
    outcome_.verdict = judge_.verdict();
    outcome_.hash = trace_.hash();
    outcome_.took = now();
    outcome_.sent = ledger_.all().size();
    return outcome_;
}

template <class Condition>
bool World::until(const Condition& condition, Time patience) {
    constexpr Time kLook{50};
    const Time last = now() + patience;
    while (!judge_.verdict() && now() < last) {
        if (now() % kLook == Time(0) && condition()) return true;
        step();
    }
    return judge_.verdict().has_value();
}

void World::step() {
    constexpr Time kJudge{1'000};
    if (now() % kJudge == Time(0)) {
        for (const auto& host : hosts_) host->judge_bounds();
    }
    events_.step([this](const Event& event) { happen(event); });
}

void World::happen(const Event& event) {
    if (judge_.verdict() || network_.happen(event)) return;
    switch (event.kind) {
        case Event::Kind::start:
            if (event.a != gone_) hosts_[event.a]->start();
            break;
        case Event::Kind::step: begin(plan_.steps[event.a]); break;
        case Event::Kind::over: end(plan_.steps[event.a]); break;
        case Event::Kind::copy: hosts_[plan_.steps[event.a].host]->copy_disk(event.a); break;
        default: (void)hosts_[event.a]->happen(event); break;
    }
}

// Faults.

void World::die(std::size_t host, bool power) { hosts_[host]->die(power); }

void World::block(const Step& step, int change) {
    switch (step.kind) {
        case StepKind::silence: network_.block(step.other, step.host, change); [[fallthrough]];
        case StepKind::deaf: network_.block(step.host, step.other, change); break;
        default: {
            const auto side = [&](std::size_t host) { return static_cast<std::uint64_t>(step.amount) >> host & 1U; };
            for (std::size_t a = 0; a < hosts_.size(); ++a) {
                for (std::size_t b = 0; b < hosts_.size(); ++b) {
                    if (a != b && side(a) != side(b)) network_.block(a, b, change);
                }
            }
        }
    }
}

void World::begin(const Step& step) {
    Host& host = *hosts_[step.host];
    if (trace_.wanted() && step.kind != StepKind::submit) trace_.line(now(), "-- " + to_text(plan_, step).substr(12));
    if (step.lasts > Time(0)) {
        events_.add(now() + step.lasts,
                    {Event::Kind::over, static_cast<std::uint64_t>(&step - plan_.steps.data()), 0, 0, 0});
    }
    switch (step.kind) {
        case StepKind::submit: (void)host.submit(step.letter, step.amount); break;
        case StepKind::stray: host.submit_stray(step.other, static_cast<std::uint64_t>(step.amount)); break;
        case StepKind::reset: network_.reset_between(step.host, step.other); break;
        case StepKind::silence:
        case StepKind::deaf:
        case StepKind::split: block(step, 1); break;
        case StepKind::narrow: network_.narrow(step.host, step.other, static_cast<std::uint64_t>(step.amount)); break;
        case StepKind::kill: die(step.host, false); break;
        case StepKind::restore:
            die(step.host, false);
            host.set_back(static_cast<std::uint64_t>(&step - plan_.steps.data()));
            break;
        case StepKind::power: die(step.host, true); break;
        case StepKind::stick: host.stand_still(now() + step.lasts); break;
        case StepKind::freeze: network_.freeze(step.host, now() + step.lasts); break;
        case StepKind::slow: host.set_slow(true); break;
        case StepKind::clock: host.jump_clock(step.amount); break;
        case StepKind::hole: host.set_hole(true); break;
        case StepKind::garbage: network_.forge(step.host, step.other, nullptr); break;
        case StepKind::nonsense: {
            const Datapack d =
                nonsense(static_cast<std::uint64_t>(step.amount), host.shape().id, hosts_[step.other]->shape().id);
            network_.forge(step.host, step.other, &d);
            break;
        }
        case StepKind::stranger: host.stranger_comes(static_cast<std::uint64_t>(step.amount)); break;
        case StepKind::deafen: host.deafen(step.other, 1); break;
        case StepKind::hold:
            holds_.push_back(&step);
            host.deafen(step.other, 1);
            break;
        case StepKind::fail: host.disk().fail(1); break;
        case StepKind::fill: host.disk().fill(1, static_cast<std::size_t>(step.amount)); break;
        case StepKind::crawl: host.disk().slow_down(1); break;
        case StepKind::leave: host.leave(step.other); break;
        case StepKind::gone:
            gone_ = step.host;
            ledger_.host(step.host).expected = false;
            die(step.host, step.amount == 1);
            break;
    }
}

void World::end(const Step& step) {
    Host& host = *hosts_[step.host];
    if (trace_.wanted()) trace_.line(now(), "-- over: " + to_text(plan_, step));
    switch (step.kind) {
        case StepKind::silence:
        case StepKind::deaf:
        case StepKind::split: block(step, -1); break;
        case StepKind::narrow: network_.narrow(step.host, step.other, 0); break;
        case StepKind::fail: host.disk().fail(-1); break;
        case StepKind::fill: host.disk().fill(-1, 0); break;
        case StepKind::crawl: host.disk().slow_down(-1); break;
        case StepKind::restore:
        case StepKind::kill:
        case StepKind::power:
            if (gone_ != step.host) host.start();
            break;
        case StepKind::slow: host.set_slow(false); break;
        case StepKind::hole: host.set_hole(false); break;
        case StepKind::deafen: host.deafen(step.other, -1); break;
        default: break;
    }
}

// Afterwards.

bool World::all_reach_all() {
    for (std::size_t from = 0; from < hosts_.size(); ++from) {
        if (from == gone_) continue;
        const net::RouteTable& table = routes_of(hosts_[from]->mesh()).table();
        for (std::size_t to = 0; to < hosts_.size(); ++to) {
            if (from == to) continue;
            const net::Announcement* said = table.said(hosts_[to]->member());
            if (table.can_reach(hosts_[to]->member()) != (to != gone_)) return false;
            if (to != gone_ && said->run != ledger_.host(to).run) return false;
        }
    }
    return true;
}

std::string World::who_reaches_whom() const {
    std::string text;
    for (const auto& host : hosts_) {
        if (host->number() == gone_) continue;
        text += (text.empty() ? "" : "; ") + host->shape().id + " reaches";
        for (const std::string_view member : routes_of(host->mesh()).table().reachable()) {
            text += " " + hosts_[by_member_.find(member)->second]->shape().id;
        }
    }
    return text + (gone_ ? "; gone: " + hosts_[*gone_]->shape().id : "");
}

std::string World::circles() const {
    for (std::size_t from = 0; from < hosts_.size(); ++from) {
        for (std::size_t to = 0; to < hosts_.size(); ++to) {
            if (from == to || from == gone_ || to == gone_) continue;
            std::size_t at = from;
            for (std::size_t hops = 0; at != to && hops < hosts_.size(); ++hops) {
                const std::string_view next = routes_of(hosts_[at]->mesh()).table().next_hop(hosts_[to]->member());
                if (next.empty()) break;
                at = by_member_.find(next)->second;
            }
            if (at != to) return "from " + hosts_[from]->shape().id + " to " + hosts_[to]->shape().id;
        }
    }
    return {};
}

void World::ask(std::size_t from, std::size_t to, const std::string& app, std::vector<Serial>& questions) {
    const bool held = std::any_of(holds_.begin(), holds_.end(),
                                  [&](const Step* hold) { return hold->host == to && app_name(hold->other) == app; });
    if (held) return;
    const Letter letter{"get", kProbe, app, hosts_[to]->shape().id, 20, 0, false};
    const std::vector<Serial> asked = hosts_[from]->submit(letter, 1);
    questions.insert(questions.end(), asked.begin(), asked.end());
}

std::vector<Serial> World::use_all_flows() {
    std::vector<Serial> questions;
    for (const auto& [from, to, app] : ledger_.flows()) ask(from, to, app, questions);
    for (std::size_t from = 0; from < hosts_.size(); ++from) {
        for (std::size_t to = 0; to < hosts_.size(); ++to) {
            if (from != to && from != gone_ && to != gone_) ask(from, to, app_name(0), questions);
        }
    }
    return questions;
}

bool World::could_pass_by(std::size_t from, std::size_t to, std::size_t hole) const {
    const std::string& doubted = hosts_[hole]->member();
    const std::vector<std::string_view> way =
        routes_of(hosts_[from]->mesh()).table().path_around(hosts_[to]->member(), {{doubted, 1}});
    return !way.empty() && std::find(way.begin(), way.end() - 1, doubted) == way.end() - 1;
}

void World::pass_by_what_swallows() {
    const std::size_t hole = plan_.seed % hosts_.size();
    if (hole == gone_) return;
    hosts_[hole]->set_hole(true);
    std::vector<Serial> questions;
    for (std::size_t from = 0; from < hosts_.size(); ++from) {
        for (std::size_t to = 0; to < hosts_.size(); ++to) {
            if (from == to || from == gone_ || to == gone_) continue;
            if (could_pass_by(from, to, hole) && could_pass_by(to, from, hole)) ask(from, to, app_name(0), questions);
        }
    }
    const Time patience = kTraffic + time_for_backlog();
    if (!until([&] { return ledger_.answered(questions); }, patience)) {
        judge_.broken("what-swallows-is-passed-by",
                      hosts_[hole]->shape().id + " passes nothing on, and " + unanswered(questions, patience), now(),
                      0);
    }
    hosts_[hole]->set_hole(false);
}

Time World::time_for_backlog() const {
    std::uint64_t bytes = 0;
    for (const auto& host : hosts_) {
        if (!host->is_up()) continue;
        custody_of(host->mesh()).for_each([&](const auto&, const auto&, const net::Held& held) {
            bytes += held.charge;
        });
    }
    std::uint64_t slowest = UINT64_MAX;  // bytes in a ms
    for (std::size_t from = 0; from < hosts_.size(); ++from) {
        for (std::size_t to = 0; to < hosts_.size(); ++to) {
            const Road& road = plan_.road(from, to);
            if (!road.there) continue;
            const auto round_trip = static_cast<std::uint64_t>(2 * (road.latency + road.jitter).count() + 1);
            slowest = std::min({slowest, road.rate, plan_.hosts[to].receive_buffer / round_trip});
        }
    }
    constexpr std::uint64_t kLeastOfIt = 2;  // half of what a road carries is lost to waiting and to what is sent again
    return std::min(Time(static_cast<Time::rep>(kLeastOfIt * bytes / std::max<std::uint64_t>(slowest, 1))), kBacklog);
}

std::string World::unanswered(const std::vector<Serial>& questions, Time patience) {
    std::string text = to_text(patience) + " s later these questions are not answered:";
    for (const Serial serial : questions) {
        if (ledger_.answered({serial})) continue;
        const Sent& sent = *ledger_.find(serial);
        const Copy& copy = sent.copies.front();
        text += " #" + std::to_string(serial) + " from " + hosts_[sent.origin]->shape().id + " to " +
                hosts_[copy.host]->shape().id + ":" + copy.app + (copy.handed > 0 ? " (taken)" : "");
    }
    return text;
}

void World::judge_questions() {
    for (const auto& host : hosts_) {
        if (!host->is_up()) continue;
        const std::size_t open = questions_of(host->mesh()).size();
        const std::size_t most = ledger_.open_questions(host->number());
        if (open <= most) continue;
        judge_.broken("questions-close",
                      host->shape().id + " has " + std::to_string(open) + " open questions, and " +
                          std::to_string(most) + " are not answered",
                      now());
    }
}

}  // namespace msw::sim
