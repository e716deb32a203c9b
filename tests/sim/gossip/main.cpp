// gossip_sim: how long it takes until all know all, and what it costs.
//
//     gossip_sim --hosts 1000 [--seed 1] [--star] [--loss 0.05] [--joins 5] [--minutes 10] [--restarts 0.01]
//                [--dial-only 0] [--digits 64] [--bytes 2048]
//
// Starts the hosts over `joins` seconds, waits until all know the same of all, then lets `minutes` pass in which the
// share `restarts` of the hosts is killed and started again an hour, then waits until all know the same again. Ends
// with 1 if that takes too long, if something can't be handed on from host to host by their tables, if a host sends
// more than `bytes` of gossip a second meanwhile, in the mean, or has too many links.
#include "tests/sim/gossip/report.hpp"
#include "tests/sim/gossip/world.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <string>

namespace {

using msw::net::Time;

Time seconds(double s) { return Time(static_cast<Time::rep>(s * 1000)); }

struct Run {
    msw::sim::WorldOptions world;
    Time steady = std::chrono::minutes(10);
    double restarts = 0.01;
    double bytes = 2048;
};

Run read_arguments(int argc, char** argv) {
    Run run;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--star") {
            run.world.star = true;
            continue;
        }
        if (i + 1 == argc) throw std::invalid_argument(word);
        const double value = std::stod(argv[++i]);
        if (word == "--hosts") {
            run.world.hosts = static_cast<std::size_t>(value);
        } else if (word == "--seed") {
            run.world.seed = static_cast<std::uint32_t>(value);
        } else if (word == "--loss") {
            run.world.loss = value;
        } else if (word == "--joins") {
            run.world.joins = seconds(value);
        } else if (word == "--minutes") {
            run.steady = seconds(60 * value);
        } else if (word == "--restarts") {
            run.restarts = value;
        } else if (word == "--bytes") {
            run.bytes = value;
        } else if (word == "--dial-only") {
            run.world.dial_only = value;
        } else if (word == "--digits") {
            run.world.digits = static_cast<std::size_t>(value);
        } else {
            throw std::invalid_argument(word);
        }
    }
    return run;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Run run = read_arguments(argc, argv);
        std::cout << std::unitbuf;  // it may take long
        msw::sim::World world(run.world);
        msw::sim::Report report(world);
        bool well = report.beginning(run.world.joins);
        well = report.steady(run.steady, run.restarts, run.bytes) && well;
        well = report.ways() && well;
        return well ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const std::exception& wrong) {
        std::cerr << "gossip_sim: not understood: " << wrong.what() << "\n";
        return 2;
    }
}
