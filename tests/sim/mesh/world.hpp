// A run: the hosts and the network of a plan, its steps, and then, when nothing fails any more, whether all is well
// again.
//
//     faults  ─>  all reach all  ─>  every flow is used again  ─>  nothing is left to do  ─>  each has ended
#pragma once

#include "tests/sim/mesh/host.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace msw::sim {

/// What a run came to. Thread: like a std::string.
struct Outcome {
    std::optional<Verdict> verdict;  ///< the first promise that was broken
    std::uint64_t hash = 0;          ///< of all that happened
    Time converged{0};               ///< from the end of the faults until all reached all
    Time took{0};                    ///< in all
    std::size_t sent = 0;            ///< Datapacks
};

/// Thread: one at a time.
class World {
public:
    static constexpr Time kConverge = std::chrono::seconds(100);  ///< after the last fault, for all to reach all
    static constexpr Time kTraffic = std::chrono::seconds(60);    ///< after that, for every flow to flow again
    static constexpr Time kBacklog = std::chrono::seconds(90);    ///< and more, at most, for what waits to get through
    static constexpr Time kDrain = std::chrono::seconds(60);      ///< after that, for nothing to be left to do

    /// @param plan   outlives this
    /// @param lines  whether trace() is to have lines
    World(const Plan& plan, bool lines);

    [[nodiscard]] Outcome run();
    [[nodiscard]] const Trace& trace() const noexcept { return trace_; }

private:
    [[nodiscard]] Time now() const noexcept { return events_.now(); }
    void step();
    void happen(const Event& event);
    void begin(const Step& step);
    void end(const Step& step);
    void block(const Step& step, int change);
    void die(std::size_t host, bool power);

    /// @return whether it came true in time; looked at every 50 ms
    template <class Condition>
    [[nodiscard]] bool until(const Condition& condition, Time patience);
    /// @return whether all know the ways to all, in their present runs, and none to who is gone
    [[nodiscard]] bool all_reach_all();
    /// @return whose way, from table to table, doesn't arrive; empty: all do
    [[nodiscard]] std::string circles() const;
    /// One host asks an app of another. @param questions  where it is added, unless that app is held
    void ask(std::size_t from, std::size_t to, const std::string& app, std::vector<Serial>& questions);
    [[nodiscard]] std::vector<Serial> use_all_flows();
    /// One host passes nothing on; all others can talk all the same where there is a way beside it.
    void pass_by_what_swallows();
    [[nodiscard]] bool could_pass_by(std::size_t from, std::size_t to, std::size_t hole) const;
    /// @return how long the slowest road needs for all that waits at its origin: answers wait behind others
    [[nodiscard]] Time time_for_backlog() const;
    [[nodiscard]] std::string unanswered(const std::vector<Serial>& questions, Time patience);
    void judge_questions();
    [[nodiscard]] std::string who_reaches_whom() const;

    const Plan& plan_;
    Trace trace_;
    Judge judge_;
    Events events_;
    Ledger ledger_;
    DurableTruth durable_;
    Network network_;
    std::vector<std::unique_ptr<Host>> hosts_;
    std::map<std::string, std::size_t, std::less<>> by_member_;
    std::optional<std::size_t> gone_;
    std::vector<const Step*> holds_;
    Outcome outcome_;
};

}  // namespace msw::sim
