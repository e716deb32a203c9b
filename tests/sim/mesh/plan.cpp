#include "tests/sim/mesh/plan.hpp"

#include "plugins/net/core/run.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace msw::sim {
namespace {

constexpr std::array<std::string_view, 12> kNames = {"ant", "bee", "cat",  "dog", "eel",  "fox",
                                                     "gnu", "hen", "ibex", "jay", "kite", "lynx"};
constexpr std::array<std::string_view, 25> kKinds = {
    "submit",  "stray", "reset",  "silence", "deaf",  "split", "narrow",  "kill",     "power",
    "restore", "stick", "freeze", "slow",    "clock", "hole",  "garbage", "nonsense", "stranger",
    "deafen",  "hold",  "gone",   "fail",    "fill",  "crawl", "leave"};

std::string joined(const std::vector<std::size_t>& hosts, const Plan& plan, const char* between) {
    std::string text;
    for (const std::size_t host : hosts) text.append(text.empty() ? "" : between).append(plan.hosts[host].id);
    return text;
}

/// Draws one plan.
class Draw {
public:
    Draw(std::uint64_t seed, std::size_t hosts) : dice_(seed) {
        plan_.seed = seed;
        const std::size_t drawn = dice_.chance(70) ? dice_.within(3, 6) : dice_.within(7, kNames.size());
        plan_.hosts.resize(hosts == 0 ? drawn : std::clamp(hosts, std::size_t{2}, kNames.size()));
    }

    Plan run() {
        shape_hosts();
        lay_roads();
        plan_.faults_end = dice_.within(Time(12'000), Time(32'000));
        const std::size_t faults = dice_.chance(10) ? 0 : dice_.within(2, 14);
        for (std::size_t i = 0; i < faults; ++i) add_fault();
        maybe_gone();
        const std::size_t letters = dice_.within(20, 110);
        for (std::size_t i = 0; i < letters; ++i) add_submit();
        // Of dice of their own, so that the rest of a plan is what it was before there were such.
        Dice dice(plan_.seed ^ 0x637573746f6479U);
        if (dice.chance(25)) {
            plan_.custody.per_host = std::size_t{1024} << dice.within(6, 9);
            plan_.custody.in_all = plan_.custody.per_host << dice.within(1, 3);
        }
        std::stable_sort(plan_.steps.begin(), plan_.steps.end(),
                         [](const Step& a, const Step& b) { return a.at < b.at; });
        std::vector<std::string> ids;
        for (const HostShape& host : plan_.hosts) ids.push_back(host.id);
        plan_.members = members_of(ids, plan_.seed);
        return std::move(plan_);
    }

private:
    [[nodiscard]] std::size_t count() const { return plan_.hosts.size(); }
    [[nodiscard]] std::size_t any_host() { return dice_.below(count()); }
    [[nodiscard]] std::size_t other_than(std::size_t host) { return (host + 1 + dice_.below(count() - 1)) % count(); }
    [[nodiscard]] Time some_time() { return dice_.within(Time(500), plan_.faults_end - Time(1'000)); }

    void shape_hosts() {
        const bool some_only_dial = dice_.chance(30);
        const bool crowded = dice_.chance(50);  // small buffers everywhere
        for (std::size_t i = 0; i < count(); ++i) {
            HostShape& host = plan_.hosts[i];
            host.id = kNames[i];
            host.listens = i == 0 || !some_only_dial || dice_.chance(55);
            host.start = dice_.within(Time(0), Time(2'000));
            host.clock_ms = static_cast<std::int64_t>(dice_.below(3'000)) - 1'500;
            host.room = crowded ? std::size_t{1024} << dice_.within(6, 9) : std::size_t{1024} * 1024;
            host.receive_buffer = std::size_t{1024} << dice_.within(4, 8);
            host.service = Time(static_cast<Time::rep>(std::uint64_t{1} << dice_.below(7)));
            host.mailbox = std::size_t{1024} << dice_.within(3, 8);
        }
    }

    void join(std::size_t a, std::size_t b) {
        Road road;
        road.there = true;
        road.latency = dice_.within(Time(1), Time(dice_.chance(20) ? 150 : 20));
        road.jitter = dice_.within(Time(0), Time(10));
        road.rate = std::uint64_t{1} << dice_.within(10, 14);
        plan_.road(a, b) = plan_.road(b, a) = road;
    }

    void lay_roads() {
        plan_.roads.resize(count() * count());
        const unsigned density = dice_.chance(45) ? 100 : static_cast<unsigned>(dice_.within(0, 60));
        plan_.refuses = dice_.chance(50);
        for (std::size_t i = 1; i < count(); ++i) {
            // A tree, so that all can reach all; one that only dials hangs on one that listens.
            std::size_t to = dice_.below(i);
            while (!plan_.hosts[i].listens && !plan_.hosts[to].listens) --to;
            join(i, to);
            const bool knows = plan_.hosts[to].listens && (dice_.chance(70) || !plan_.hosts[i].listens);
            (knows ? plan_.hosts[i] : plan_.hosts[to]).knows.push_back(knows ? to : i);
        }
        for (std::size_t a = 0; a < count(); ++a) {
            for (std::size_t b = 0; b < a; ++b) {
                if (!plan_.road(a, b).there && dice_.chance(density)) join(a, b);
            }
        }
    }

    [[nodiscard]] bool holds_together_without(std::size_t gone) const {
        std::vector<std::size_t> seen{gone == 0 ? std::size_t{1} : std::size_t{0}};
        for (std::size_t i = 0; i < seen.size(); ++i) {
            for (std::size_t to = 0; to < count(); ++to) {
                if (to == gone || !plan_.road(seen[i], to).there) continue;
                if (!plan_.hosts[seen[i]].listens && !plan_.hosts[to].listens) continue;
                if (std::find(seen.begin(), seen.end(), to) == seen.end()) seen.push_back(to);
            }
        }
        return seen.size() + 1 == count();
    }

    void maybe_gone() {
        // Only who nobody needs for being introduced to the others may go.
        const std::size_t host = any_host();
        if (!dice_.chance(30) || count() < 4 || !holds_together_without(host)) return;
        const bool introduces = std::any_of(plan_.hosts.begin(), plan_.hosts.end(), [&](const HostShape& h) {
            return std::find(h.knows.begin(), h.knows.end(), host) != h.knows.end();
        });
        if (introduces || !plan_.hosts[host].knows.empty()) {
            for (std::size_t i = 0; i < count(); ++i) {
                for (std::size_t to = 0; to < count(); ++to) {
                    if (i != to && plan_.road(i, to).there && plan_.hosts[to].listens) {
                        if (std::vector<std::size_t>& knows = plan_.hosts[i].knows;
                            std::find(knows.begin(), knows.end(), to) == knows.end()) {
                            knows.push_back(to);
                        }
                    }
                }
            }
        }
        gone_ = host;
        const Time at = some_time();
        std::erase_if(plan_.steps, [&](const Step& step) {
            const bool of_machine = step.kind == StepKind::kill || step.kind == StepKind::power ||
                                    step.kind == StepKind::restore || step.kind == StepKind::hold;
            return of_machine && step.host == host;
        });
        plan_.steps.push_back({StepKind::gone, at, Time(0), host, 0, dice_.chance(50) ? 1 : 0, {}});
    }

    void add_fault() {
        static constexpr std::array kDrawn = {
            StepKind::reset,    StepKind::reset,  StepKind::silence, StepKind::silence,  StepKind::deaf,
            StepKind::split,    StepKind::narrow, StepKind::kill,    StepKind::kill,     StepKind::power,
            StepKind::restore,  StepKind::stick,  StepKind::freeze,  StepKind::freeze,   StepKind::slow,
            StepKind::clock,    StepKind::hole,   StepKind::garbage, StepKind::nonsense, StepKind::nonsense,
            StepKind::stranger, StepKind::deafen, StepKind::hold,    StepKind::stray,    StepKind::stray,
            StepKind::restore,  StepKind::kill,   StepKind::power,   StepKind::fail,     StepKind::fill,
            StepKind::fill,     StepKind::crawl,  StepKind::leave,   StepKind::leave};
        Step step;
        step.kind = kDrawn[dice_.below(kDrawn.size())];
        step.at = some_time();
        step.host = any_host();
        step.other = other_than(step.host);
        const Time most = std::min(Time(12'000), plan_.faults_end - step.at);
        step.lasts =
            dice_.chance(50) ? dice_.within(Time(10), std::min(Time(2'600), most)) : dice_.within(Time(10), most);
        switch (step.kind) {
            case StepKind::split: step.amount = static_cast<std::int64_t>(dice_.below(1U << count())); break;
            case StepKind::clock:
                step.amount = static_cast<std::int64_t>(dice_.below(20'000)) - 10'000;
                if (dice_.chance(10)) step.amount *= 1000;
                break;
            case StepKind::freeze:
            case StepKind::stick:
                if (dice_.chance(50)) step.lasts = std::min(most, dice_.within(Time(900), Time(2'450)));
                break;
            // Older than it has run: a new disk.
            case StepKind::restore:
                step.amount = dice_.chance(30) ? 1'000'000 : static_cast<std::int64_t>(dice_.within(50, 12'000));
                break;
            case StepKind::fill: step.amount = static_cast<std::int64_t>(dice_.below(30)); break;
            case StepKind::narrow: step.amount = static_cast<std::int64_t>(dice_.within(1, 8)); break;
            case StepKind::nonsense:
            case StepKind::stranger:
            case StepKind::stray: step.amount = static_cast<std::int64_t>(dice_.roll() >> 1U); break;
            case StepKind::leave:
            case StepKind::deafen: step.other = dice_.below(kApps); break;
            case StepKind::hold: step.other = kApps - 1; break;
            default: break;
        }
        static constexpr std::array kAtOnce = {StepKind::stray,   StepKind::reset,    StepKind::clock,
                                               StepKind::garbage, StepKind::nonsense, StepKind::stranger,
                                               StepKind::hold,    StepKind::leave};
        if (std::find(kAtOnce.begin(), kAtOnce.end(), step.kind) != kAtOnce.end()) step.lasts = Time(0);
        plan_.steps.push_back(step);
    }

    [[nodiscard]] std::string draw_targets(std::size_t host) {
        const std::uint64_t kind = dice_.below(100);
        const std::size_t to = other_than(host);
        if (kind < 72) return plan_.hosts[to].id;
        if (kind < 82) return joined({to, other_than(host)}, plan_, "+");
        if (kind < 90) return "*";
        if (kind < 99) {
            std::vector<std::size_t> way{other_than(host), to};
            if (const std::size_t first = other_than(host); dice_.chance(30) && first != way.front() && first != to) {
                way.insert(way.begin(), first);
            }
            // A way through a host that never comes back holds up its flow until it expires.
            std::erase_if(way, [&](std::size_t passed) { return passed != to && passed == gone_; });
            return joined(way, plan_, "&");
        }
        return "nobody";
    }

    [[nodiscard]] std::size_t draw_size() {
        const std::uint64_t kind = dice_.below(100);
        if (kind < 62) return dice_.within(0, 200);
        if (kind < 82) return dice_.within(1'000, 8'000);
        if (kind < 93) return dice_.within(8'000, 64'000);
        if (kind < 99) return dice_.within(60'000, 200'000);
        return dice_.within(200'000, 700'000);
    }

    void add_submit() {
        Step step;
        step.at = some_time();
        step.host = any_host();
        step.amount = dice_.chance(8) ? static_cast<std::int64_t>(dice_.within(10, 60)) : 1;
        Letter& letter = step.letter;
        letter.method = dice_.chance(50) ? "get" : "post";
        letter.from = app_name(dice_.below(kApps));
        const std::uint64_t app = dice_.below(100);
        letter.app = app < 84   ? app_name(dice_.below(kApps))
                     : app < 88 ? "all"
                     : app < 92 ? "nope"
                     : app < 96 ? "net"
                                : app_name(0) + "&" + app_name(1);
        letter.to = draw_targets(step.host);
        letter.size = step.amount > 1 ? dice_.within(10, 3'000) : draw_size();
        if (letter.to == "*") letter.size = std::min<std::size_t>(letter.size, 20'000);
        // What has a way of its own isn't held back by the link that it leaves by: large ones would fill that for
        // others.
        if (letter.to.find('&') != std::string::npos) letter.size = std::min<std::size_t>(letter.size, 2'000);
        if (dice_.chance(30))
            letter.expires_s = static_cast<std::int64_t>(dice_.chance(50) ? dice_.within(1, 5) : dice_.within(5, 40));
        letter.durable = dice_.chance(35) && letter.app != "all" && letter.app != "net";
        letter.accept = letter.durable && dice_.chance(40);
        if (letter.durable && step.amount > 1 && letter.to.find_first_of("*&") == std::string::npos) {
            const std::uint64_t kind = dice_.below(100);
            if (kind < 30) letter.size = dice_.within(8'000, 30'000);  // more than a flow may have in memory
            if (kind > 75) {                                           // more than may be on their way to the disk
                step.amount *= 3;
                letter.size = std::min<std::size_t>(letter.size, 300);
            }
        }
        letter.stream = letter.method == "get" && dice_.chance(15) && !letter.durable;
        plan_.steps.push_back(std::move(step));
    }

    Plan plan_;
    Dice dice_;
    std::size_t gone_ = SIZE_MAX;
};

}  // namespace

std::string_view name_of(StepKind kind) noexcept { return kKinds[static_cast<std::size_t>(kind)]; }

std::string app_name(std::size_t app) { return "p" + std::to_string(app); }

std::string member_of(const Plan& plan, std::size_t host) { return plan.members->names[host]; }

std::size_t host_of(const Plan& plan, const std::string& member) {
    std::size_t host = 0;
    while (host < plan.hosts.size() && member_of(plan, host) != member) ++host;
    return host;
}

Plan draw_plan(std::uint64_t seed, std::size_t hosts) { return Draw(seed, hosts).run(); }

std::string to_text(Time time) {
    std::array<char, 32> text{};
    (void)std::snprintf(text.data(), text.size(), "%8.3f", static_cast<double>(time.count()) / 1000);
    return text.data();
}

std::string to_text(const Plan& plan, const Step& step) {
    const std::string& host = plan.hosts[step.host].id;
    const std::string& other = plan.hosts[std::min(step.other, plan.hosts.size() - 1)].id;
    std::string text = to_text(step.at) + " s  " + std::string(name_of(step.kind)) + " ";
    const std::string lasting = " for " + std::to_string(step.lasts.count()) + " ms";
    switch (step.kind) {
        case StepKind::submit: {
            const Letter& l = step.letter;
            text += host + ": " + l.method + " " + l.app + " to " + l.to + " from " + l.from + ", " +
                    std::to_string(l.size) + " bytes";
            if (step.amount > 1) text += ", " + std::to_string(step.amount) + " times";
            if (l.expires_s > 0) text += ", expires in " + std::to_string(l.expires_s) + " s";
            if (l.stream) text += ", stream";
            if (l.durable) text += ", durable";
            if (l.accept) text += ", wants to be told";
            return text;
        }
        case StepKind::stray:
        case StepKind::reset:
        case StepKind::garbage:
        case StepKind::nonsense: return text + host + " -> " + other;
        case StepKind::silence: return text + host + " <-> " + other + lasting;
        case StepKind::deaf: return text + host + " -> " + other + lasting;
        case StepKind::narrow:
            return text + host + " <-> " + other + lasting + ", " + std::to_string(step.amount) + " bytes a ms";
        case StepKind::split: {
            std::vector<std::size_t> side;
            for (std::size_t i = 0; i < plan.hosts.size(); ++i) {
                if ((static_cast<std::uint64_t>(step.amount) >> i & 1U) != 0) side.push_back(i);
            }
            return text + (side.empty() ? "nobody" : joined(side, plan, "+")) + " from the others" + lasting;
        }
        case StepKind::clock: return text + host + " by " + std::to_string(step.amount) + " ms";
        case StepKind::restore:
            return text + host + lasting + ", to what its disk was " + std::to_string(step.amount) + " ms before";
        case StepKind::fill: return text + host + lasting + ", room for " + std::to_string(step.amount) + " rows";
        case StepKind::stranger: return text + host;
        case StepKind::gone: return text + host + (step.amount == 1 ? ", by its power" : "");
        case StepKind::deafen: return text + host + " " + app_name(step.other) + lasting;
        case StepKind::leave:
        case StepKind::hold: return text + host + " " + app_name(step.other);
        default: return text + host + lasting;
    }
}

std::string surroundings(const Plan& plan) {
    std::string text = "hosts:\n";
    for (const HostShape& host : plan.hosts) {
        text += "  " + host.id + (host.listens ? "" : ", dials only") + ", starts at " + to_text(host.start) +
                " s, link room " + std::to_string(host.room) + ", mailboxes " + std::to_string(host.mailbox) +
                ", knows " + (host.knows.empty() ? "nobody" : joined(host.knows, plan, "+")) + "\n";
    }
    text += "roads:\n";
    for (std::size_t a = 0; a < plan.hosts.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            const Road& road = plan.road(a, b);
            if (!road.there) continue;
            text += "  " + plan.hosts[b].id + " - " + plan.hosts[a].id + ": " + std::to_string(road.latency.count()) +
                    " to " + std::to_string((road.latency + road.jitter).count()) + " ms, " +
                    std::to_string(road.rate) + " bytes a ms\n";
        }
    }
    return text + "faults end at " + to_text(plan.faults_end) + " s\n";
}

}  // namespace msw::sim
