// Which release runs next: the decision alone, without a disk.
//
// Under STATE/releases lie folders named by the digest of the archive they came from, and
//
//   current    link to the release that runs; none: the base, the program beside the launcher
//   previous   what ran before it: a digest, or the word `base`
//   next       what the next start shall try; set by the update plugin
//   trial      "DIGEST ATTEMPTS": that release has not yet been confirmed. mswd removes the file once it is up, or ends
//              in good order
//   failed     "DIGEST WHY": the last one that was given up
//
// Every start looks at them and gets a list of steps. A step is one atomic change, and the steps are in an order such
// that after any number of them a new look leads to the same end: losing power in between does no harm.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::release {

/// What `previous` says if the base ran before.
inline constexpr std::string_view kBase = "base";

/// @return whether `text` is a SHA-256 in lower case hex
[[nodiscard]] bool is_digest(std::string_view text) noexcept;

/// @return the first 16 digits, for people
[[nodiscard]] std::string short_digest(std::string_view digest);

struct Trial {
    std::string digest;
    unsigned attempts = 0;  ///< starts that were not confirmed
    friend bool operator==(const Trial&, const Trial&) = default;
};

/// The files above; empty: there is none (or nothing that makes sense).
struct State {
    std::string current;
    std::string previous;
    std::string next;
    std::optional<Trial> trial;
    friend bool operator==(const State&, const State&) = default;
};

struct Step {
    enum class Kind { set_current, set_previous, set_trial, set_failed, remove_current, remove_next, remove_trial };
    Kind kind;
    std::string digest = {};  ///< for those that set something
    unsigned attempts = 0;    ///< set_trial
    std::string why = {};     ///< set_failed
    friend bool operator==(const Step&, const Step&) = default;
};

struct Plan {
    std::vector<Step> steps;  ///< to be done in order before the start
    std::string run;          ///< digest; empty: the base
    bool on_trial = false;
    std::string message;  ///< for people; empty: nothing remarkable
    friend bool operator==(const Plan&, const Plan&) = default;
};

/// Tells whether a release is there with a program that can be executed.
using Runnable = std::function<bool(const std::string& digest)>;

/// @return what to do at a start
[[nodiscard]] Plan plan_start(const State& state, const Runnable& runnable);

/// @return what to run if steps can't be done, on a read-only disk for instance: what is confirmed. Digest, or empty
/// for the base
[[nodiscard]] std::string run_without_steps(const State& state, const Runnable& runnable);

}  // namespace msw::release
