// Who was asked, who has answered, and what that amounts to. Sees no socket and no clock.
//
// Each target gets a question with a flag of its own, so that whatever comes back with that flag is about that target,
// also an error that another host's mswd made.
#pragma once

#include "msw/datapack.hpp"
#include "mswctl/exit_code.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mswctl {

/// Thread: one at a time.
class Verdicts {
public:
    /// What a Datapack turned out to be.
    enum class Seen {
        foreign,  ///< no answer to one of these questions
        part,     ///< of a streamed answer; more follow. An error in one that names a `host` is that host's only
        whole,    ///< an answer, the last part of one, or an error: this target has its verdict
        late,     ///< the target had its verdict before
    };

    /// A question with `flag` went to `host`.
    void expect(std::string flag, std::string host);

    /// Take note of a Datapack that arrived.
    Seen feed(const msw::Datapack& d);

    /// @return the host that the question with the flag of `d` went to, or an empty view
    [[nodiscard]] std::string_view host_of(const msw::Datapack& d) const noexcept;

    /// @return whether every target has its verdict
    [[nodiscard]] bool complete() const noexcept { return open_ == 0; }
    /// @return hosts without a verdict, in the order they were asked
    [[nodiscard]] std::vector<std::string> missing() const;
    [[nodiscard]] std::size_t size() const noexcept { return asked_.size(); }
    /// @return columns of the longest host id
    [[nodiscard]] std::size_t widest_host() const noexcept;

    /// @return what all verdicts amount to; one that is missing counts as unreachable
    [[nodiscard]] Exit exit() const noexcept;

private:
    struct Asked {
        std::string flag;
        std::string host;
        bool done = false;
        Exit outcome = Exit::unreachable;
        Exit parts = Exit::ok;  // what the parts about hosts amount to
    };

    [[nodiscard]] const Asked* find(std::string_view flag) const noexcept;

    std::vector<Asked> asked_;
    std::size_t open_ = 0;
};

}  // namespace mswctl
