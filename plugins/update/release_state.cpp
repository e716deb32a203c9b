#include "plugins/update/release_state.hpp"

#include <algorithm>

namespace msw::release {
namespace {

std::string name_of(const std::string& digest) {
    return digest.empty() ? "the base program" : "release " + short_digest(digest);
}

/// What to go back to. @return digest; empty: the base
std::string fallback(const State& s, const Runnable& runnable) {
    const bool usable = is_digest(s.previous) && s.previous != s.current && runnable(s.previous);
    return usable ? s.previous : std::string();
}

void adopt_next(State& s, Plan& plan, const Runnable& runnable) {
    if (s.next.empty()) return;
    if (s.next != s.current && runnable(s.next)) {
        const std::string before = s.current.empty() ? std::string(kBase) : s.current;
        plan.steps.push_back({Step::Kind::set_trial, s.next});
        plan.steps.push_back({Step::Kind::set_previous, before});
        plan.steps.push_back({Step::Kind::set_current, s.next});
        plan.message = name_of(s.next) + " is tried for the first time";
        s.trial = Trial{s.next, 0};
        s.previous = before;
        s.current = s.next;
    } else if (s.next != s.current) {
        plan.message = name_of(s.next) + " is not there or holds no program; it is passed over";
    }
    plan.steps.push_back({Step::Kind::remove_next});
}

void give_up_trial(State& s, Plan& plan, const Runnable& runnable) {
    const std::string target = fallback(s, runnable);
    const std::string why = runnable(s.current) ? "it did not come up" : "its program is not there";
    plan.steps.push_back({Step::Kind::set_failed, s.current, 0, why});
    plan.steps.push_back(target.empty() ? Step{Step::Kind::remove_current} : Step{Step::Kind::set_current, target});
    plan.steps.push_back({Step::Kind::remove_trial});
    plan.message = name_of(s.current) + " is given up: " + why + "; back to " + name_of(target);
    s.current = target;
    s.trial.reset();
}

}  // namespace

bool is_digest(std::string_view text) noexcept {
    constexpr std::size_t kDigits = 64;
    return text.size() == kDigits && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::string short_digest(std::string_view digest) { return std::string(digest.substr(0, 16)); }

Plan plan_start(const State& state, const Runnable& runnable) {
    State s = state;
    Plan plan;
    adopt_next(s, plan, runnable);
    if (s.trial && s.trial->digest != s.current) {
        plan.steps.push_back({Step::Kind::remove_trial});
        s.trial.reset();
    }
    if (s.trial && (s.trial->attempts > 0 || !runnable(s.current))) give_up_trial(s, plan, runnable);
    if (s.trial) {
        plan.steps.push_back({Step::Kind::set_trial, s.current, s.trial->attempts + 1});
        plan.on_trial = true;
    }
    plan.run = s.current;
    if (!plan.run.empty() && !runnable(plan.run)) {
        plan.message = name_of(plan.run) + " holds no program that can be executed; the base program runs";
        plan.run.clear();
    }
    return plan;
}

std::string run_without_steps(const State& state, const Runnable& runnable) {
    const bool unconfirmed = state.trial && state.trial->digest == state.current;
    if (unconfirmed) return fallback(state, runnable);
    return !state.current.empty() && runnable(state.current) ? state.current : std::string();
}

}  // namespace msw::release
