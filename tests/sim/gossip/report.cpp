#include "tests/sim/gossip/report.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace msw::sim {
namespace {

double seconds(Time time) { return static_cast<double>(time.count()) / 1000; }

std::ostream& line(std::string_view what) { return std::cout << std::left << std::setw(34) << what << std::right; }

}  // namespace

bool Report::until(const std::function<bool()>& done, Time patience) {
    constexpr Time kLook{50};
    const Time end = world_.now() + patience;
    while (world_.now() < end) {
        world_.step();
        if (world_.now() % kLook == Time(0) && done()) return true;
    }
    return false;
}

void Report::traffic(std::string_view when, Time time) {
    std::uint64_t routes = 0;
    std::uint64_t roots = 0;
    std::uint64_t most = 0;
    for (std::size_t host = 0; host < world_.size(); ++host) {
        const World::Traffic sent = world_.traffic(host);
        routes += sent.routes;
        roots += sent.roots;
        most = std::max(most, sent.routes + sent.roots);
    }
    if (time == Time(0)) return;
    const double per = static_cast<double>(world_.size()) * seconds(time);
    mean_ = static_cast<double>(routes + roots) / per;
    line(when) << std::fixed << std::setprecision(0) << mean_ << " B/s a host (" << static_cast<double>(roots) / per
               << " of it digests in pings), " << static_cast<double>(most) / seconds(time) << " B/s at most\n";
}

void Report::counts(std::string_view when) const {
    net::RouteCounts sum;
    std::uint64_t seqs = 0;
    for (std::size_t host = 0; host < world_.size(); ++host) {
        const net::Routes* routes = world_.routes(host);
        if (routes == nullptr) continue;
        const net::RouteCounts& one = routes->counts();
        sum.flooded += one.flooded;
        sum.fresh += one.fresh;
        sum.duplicates += one.duplicates;
        sum.pulls += one.pulls;
        sum.pulled += one.pulled;
        sum.answers += one.answers;
        sum.over += one.over;
        const net::Announcement* said = routes->table().said(world_.member(host));
        seqs += said == nullptr ? 0 : said->edition.seq;
    }
    const auto per = [&](std::uint64_t n) { return static_cast<double>(n) / static_cast<double>(world_.size()); };
    line(when) << std::setprecision(1) << per(seqs) << " made, " << per(sum.flooded) << " copies flooded, "
               << per(sum.fresh) << " fresh, " << per(sum.duplicates) << " known, " << per(sum.pulls) << " pulls, "
               << per(sum.pulled) << " pulled, " << per(sum.answers) << " answers, " << per(sum.over) << " over\n";
}

bool Report::links(std::string_view when) const {
    std::size_t sum = 0;
    std::size_t most = 0;
    std::size_t hubs = 0;
    for (std::size_t host = 0; host < world_.size(); ++host) {
        sum += world_.links(host);
        most = std::max(most, world_.links(host));
        const net::Routes* routes = world_.routes(host);
        const net::Announcement* said = routes == nullptr ? nullptr : routes->table().said(world_.member(host));
        if (said != nullptr && said->hub) ++hubs;
    }
    const double mean = static_cast<double>(sum) / static_cast<double>(world_.size());
    line(when) << std::setprecision(1) << mean << " in the mean, " << most << " at most; " << hubs << " hubs\n";
    return mean <= static_cast<double>(kMeanLinks);
}

bool Report::beginning(Time joins) {
    line("hosts") << world_.size() << "\n";
    bool well = until([&] { return world_.all_know_all(); }, joins + kPatience);
    line("all know all") << std::fixed << std::setprecision(2) << seconds(world_.now()) << " s ("
                         << seconds(world_.now() - joins) << " s after the last start)\n";
    if (world_.size() <= kFewHosts) {
        well = well && until([&] { return world_.all_reach_all(); }, kPatience);
        line("all reach all") << seconds(world_.now()) << " s\n";
    }
    well = well && until([&] { return world_.all_agree(); }, kPatience);
    line("all know the same") << std::setprecision(2) << seconds(world_.now()) << " s\n";
    traffic("gossip until then", world_.now());
    counts("announcements a host");
    (void)links("links then");
    return well;
}

bool Report::steady(Time time, double restarts_an_hour, double most_bytes) {
    // Links that are wanted no more take a minute to go.
    (void)until([] { return false; }, std::chrono::minutes(2));
    world_.forget_traffic();
    world_.set_restarts(restarts_an_hour);
    (void)until([] { return false; }, time);
    world_.set_restarts(0);
    line("restarts") << world_.restarts() << " in " << std::setprecision(0) << seconds(time) << " s\n";
    traffic("gossip with them", time);
    bool well = links("links then") && mean_ <= most_bytes;
    const Time from = world_.now();
    well = until([&] { return world_.all_agree(); }, kPatience) && well;
    line("all know the same again") << std::setprecision(2) << seconds(world_.now() - from) << " s after the last\n";
    return well;
}

bool Report::ways() {
    // Until what was up last is announced.
    (void)until([] { return false; }, kSettled);
    const bool agree = until([&] { return world_.all_agree(); }, kPatience);
    std::size_t arrived = 0;
    std::size_t sum = 0;
    std::size_t most = 0;
    for (std::size_t pair = 0; pair < kPairs; ++pair) {
        const std::size_t from = pair * 7919 % world_.size();
        const std::size_t to = (pair * 104'729 + 1) % world_.size();
        if (from == to) {
            ++arrived;
            continue;
        }
        const std::size_t hops = world_.walk(from, to);
        arrived += hops > 0 ? 1 : 0;
        sum += hops;
        most = std::max(most, hops);
    }
    line("handed on from host to host") << arrived << " of " << kPairs << " arrived; " << std::setprecision(1)
                                        << static_cast<double>(sum) / static_cast<double>(kPairs)
                                        << " hops in the mean, " << most << " at most\n";
    if (world_.offences() > 0) line("offences of honest hosts") << world_.offences() << "\n";
    return agree && arrived == kPairs && world_.offences() == 0;
}

}  // namespace msw::sim
