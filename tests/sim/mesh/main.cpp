// mesh_sim: whole meshes in virtual time, with faults, from a seed that replays. `mesh_sim --help`.
#include "tests/sim/mesh/options.hpp"
#include "tests/sim/mesh/shrink.hpp"
#include "tests/sim/mesh/world.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <iostream>
#include <mutex>
#include <numeric>
#include <thread>

namespace {

using namespace msw::sim;

Outcome run_once(const Plan& plan) { return World(plan, false).run(); }

Plan plan_of(std::uint64_t seed, const Options& options) {
    Plan plan = draw_plan(seed, options.hosts);
    return options.only ? with_only(plan, *options.only) : plan;
}

std::string joined(const std::vector<std::size_t>& numbers) {
    std::string text;
    for (const std::size_t n : numbers) text += (text.empty() ? "" : ",") + std::to_string(n);
    return text.empty() ? "none" : text;
}

std::string command(std::uint64_t seed, const Options& options, const std::string& rest) {
    return "mesh_sim --seed " + std::to_string(seed) +
           (options.hosts == 0 ? std::string() : " --hosts " + std::to_string(options.hosts)) + rest;
}

void print_steps(const Plan& plan, const std::vector<std::size_t>& numbers) {
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        std::cout << "  " << numbers[i] << ": " << to_text(plan, plan.steps[i]) << "\n";
    }
}

/// Run it once more with lines, and print those that tell what happened.
void tell(const Plan& plan) {
    World world(plan, true);
    const Outcome outcome = world.run();
    if (!outcome.verdict) return;
    const std::uint64_t about = outcome.verdict->about;
    std::cout << "\nWhat happened" << (about == 0 ? "" : " to it") << ":\n";
    world.trace().print(std::cout, about == 0 ? Trace::kNone : about);
}

void report(std::uint64_t seed, const Plan& plan, const Outcome& outcome, const Options& options) {
    const Verdict& verdict = *outcome.verdict;
    std::cout << "seed " << seed << ": BROKEN " << verdict.invariant << " at " << to_text(verdict.at) << " s"
              << (verdict.about == 0 ? std::string() : ", Datapack #" + std::to_string(verdict.about)) << "\n  "
              << verdict.text << "\n  again: "
              << command(seed, options, options.only ? " --only " + joined(*options.only) : std::string()) << "\n";
    std::vector<std::size_t> numbers(plan.steps.size());
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    if (options.only) numbers = *options.only;
    Plan small = plan;
    if (options.shrink) {
        const std::vector<std::size_t> needed = shrink(plan.steps.size(), [&](const std::vector<std::size_t>& steps) {
            const Outcome one = run_once(with_only(plan, steps));
            return one.verdict && one.verdict->invariant == verdict.invariant;
        });
        small = with_only(plan, needed);
        std::vector<std::size_t> left;
        left.reserve(needed.size());
        for (const std::size_t step : needed) left.push_back(numbers[step]);
        numbers = left;
        std::cout << "\nShrunk from " << plan.steps.size() << " steps to " << needed.size()
                  << "; again: " << command(seed, options, " --only " + joined(numbers)) << "\n";
        std::cout << surroundings(small) << "steps:\n";
        print_steps(small, numbers);
        const Outcome one = run_once(small);
        if (one.verdict) std::cout << "\n" << one.verdict->invariant << ": " << one.verdict->text << "\n";
    } else if (options.trace) {
        std::cout << surroundings(small) << "steps:\n";
        print_steps(small, numbers);
    }
    if (!options.trace) tell(small);
}

/// @return whether all promises were kept
bool run_seeds(const Options& options) {
    std::atomic<std::uint64_t> next{0};
    std::atomic<bool> failed{false};
    std::atomic<std::uint64_t> ran{0};
    std::mutex printing;
    Time slowest{0};
    std::uint64_t slowest_seed = 0;
    std::uint64_t sent = 0;
    const auto work = [&] {
        for (std::uint64_t i = next++; i < options.seeds && !failed; i = next++) {
            const std::uint64_t seed = options.from + i;
            const Plan plan = plan_of(seed, options);
            const Outcome outcome = run_once(plan);
            const bool differs = options.twice && run_once(plan).hash != outcome.hash;
            ++ran;
            const std::scoped_lock lock(printing);
            sent += outcome.sent;
            if (outcome.converged > slowest) {
                slowest = outcome.converged;
                slowest_seed = seed;
            }
            if (!differs && !outcome.verdict) continue;
            if (failed.exchange(true)) continue;
            if (differs) {
                std::cout << "seed " << seed << ": BROKEN replays: two runs of it differ\n";
            } else {
                report(seed, plan, outcome, options);
            }
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < options.jobs; ++i) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    if (failed) return false;
    std::cout << ran << " seeds, " << sent << " Datapacks: all promises kept; all reached all at most "
              << to_text(slowest) << " s after the last fault (seed " << slowest_seed << ")\n";
    return true;
}

/// @return whether all promises were kept
bool trace_seed(const Options& options) {
    const Plan plan = plan_of(options.from, options);
    World world(plan, true);
    const Outcome outcome = world.run();
    world.trace().print(std::cout, 0);
    if (outcome.verdict) {
        report(options.from, plan, outcome, options);
    } else {
        std::cout << "seed " << options.from << ": all promises kept, trace " << std::hex << outcome.hash << std::dec
                  << "\n";
    }
    return !outcome.verdict;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::string wrong;
        const std::optional<Options> options = read_options({argv + 1, argv + argc}, wrong);
        if (!options) {
            std::cerr << "mesh_sim: " << wrong << "; see mesh_sim --help\n";
            return 2;
        }
        if (options->help) {
            std::cout << kHelp;
            return 0;
        }
        const bool well = options->trace && options->seeds == 1 ? trace_seed(*options) : run_seeds(*options);
        return well ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "mesh_sim: " << error.what() << "\n";
        return 2;
    }
}
