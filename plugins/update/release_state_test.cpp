#include "plugins/update/release_state.hpp"

#include <gtest/gtest.h>

#include <set>

namespace msw::release {
namespace {

const std::string A(64, 'a');
const std::string B(64, 'b');
const std::string C(64, 'c');

Runnable these(std::set<std::string> digests) {
    return [digests = std::move(digests)](const std::string& digest) { return digests.contains(digest); };
}

/// What a step does, in memory.
void apply(const Step& step, State& s) {
    switch (step.kind) {
        case Step::Kind::set_current: s.current = step.digest; break;
        case Step::Kind::set_previous: s.previous = step.digest; break;
        case Step::Kind::set_trial: s.trial = Trial{step.digest, step.attempts}; break;
        case Step::Kind::set_failed: break;
        case Step::Kind::remove_current: s.current.clear(); break;
        case Step::Kind::remove_next: s.next.clear(); break;
        case Step::Kind::remove_trial: s.trial.reset(); break;
    }
}

State after(const Plan& plan, State s) {
    for (const Step& step : plan.steps) apply(step, s);
    return s;
}

struct Row {
    const char* what;
    State before;
    std::set<std::string> there;
    std::string run;
    bool on_trial;
    State then;
};

const Row kTable[] = {
    {"nothing there: the base", {}, {}, "", false, {}},
    {"a confirmed release", {A, "base", "", {}}, {A}, A, false, {A, "base", "", {}}},
    {"a release that vanished", {A, "base", "", {}}, {}, "", false, {A, "base", "", {}}},
    {"the first update", {"", "", A, {}}, {A}, A, true, {A, "base", "", Trial{A, 1}}},
    {"the second update", {A, "base", B, {}}, {A, B}, B, true, {B, A, "", Trial{B, 1}}},
    {"an update that isn't there", {A, "base", B, {}}, {A}, A, false, {A, "base", "", {}}},
    {"an update to what runs", {A, "base", A, {}}, {A}, A, false, {A, "base", "", {}}},
    {"a trial that failed, base before", {A, "base", "", Trial{A, 1}}, {A}, "", false, {"", "base", "", {}}},
    {"a trial that failed, release before", {B, A, "", Trial{B, 1}}, {A, B}, A, false, {A, A, "", {}}},
    {"a trial that failed, nothing before it left", {B, A, "", Trial{B, 1}}, {B}, "", false, {"", A, "", {}}},
    {"a trial that was not begun", {A, "base", "", Trial{A, 0}}, {A}, A, true, {A, "base", "", Trial{A, 1}}},
    {"a trial without program", {A, "base", "", Trial{A, 0}}, {}, "", false, {"", "base", "", {}}},
    {"a trial of something else", {A, "base", "", Trial{B, 1}}, {A, B}, A, false, {A, "base", "", {}}},
    {"an update during a trial", {B, A, C, Trial{B, 1}}, {A, B, C}, C, true, {C, B, "", Trial{C, 1}}},
};

TEST(ReleaseState, Table) {
    for (const Row& row : kTable) {
        const Plan plan = plan_start(row.before, these(row.there));
        EXPECT_EQ(plan.run, row.run) << row.what;
        EXPECT_EQ(plan.on_trial, row.on_trial) << row.what;
        EXPECT_EQ(after(plan, row.before), row.then) << row.what;
    }
}

/// Power is lost after each step in turn. The next start must end as this one would have; where the only thing done was
/// to count an attempt, a start that falls back is right too, because it can't know.
TEST(ReleaseState, AnyStepMayBeTheLast) {
    for (const Row& row : kTable) {
        const Plan plan = plan_start(row.before, these(row.there));
        State cut = row.before;
        for (std::size_t done = 0; done < plan.steps.size(); ++done) {
            const Plan again = plan_start(cut, these(row.there));
            EXPECT_EQ(again.run, plan.run) << row.what << ", cut after " << done;
            EXPECT_EQ(after(again, cut), row.then) << row.what << ", cut after " << done;
            apply(plan.steps[done], cut);
        }
    }
}

TEST(ReleaseState, FallsBackOnceAndSaysWhy) {
    const Plan plan = plan_start({B, A, "", Trial{B, 1}}, these({A, B}));
    ASSERT_EQ(plan.steps.size(), 3U);
    EXPECT_EQ(plan.steps[0], (Step{Step::Kind::set_failed, B, 0, "it did not come up"}));
    EXPECT_NE(plan.message.find("back to release aaaaaaaaaaaaaaaa"), std::string::npos) << plan.message;
}

TEST(ReleaseState, OnAReadOnlyDiskOnlyTheConfirmedRuns) {
    EXPECT_EQ(run_without_steps({A, "base", B, {}}, these({A, B})), A);
    EXPECT_EQ(run_without_steps({B, A, "", Trial{B, 0}}, these({A, B})), A);
    EXPECT_EQ(run_without_steps({A, "base", "", Trial{A, 1}}, these({A})), "");
    EXPECT_EQ(run_without_steps({A, "base", "", {}}, these({})), "");
}

TEST(ReleaseState, Digests) {
    EXPECT_TRUE(is_digest(A));
    EXPECT_FALSE(is_digest(A.substr(1)));
    EXPECT_FALSE(is_digest(std::string(64, 'A')));
    EXPECT_FALSE(is_digest("../" + A.substr(3)));
}

}  // namespace
}  // namespace msw::release
