// Who follows the hosts of this mesh with `get net`, body `watch`, `stream: 1`.
//
// Each is given what HostStates has behind the serial that it was told last: first all hosts, then those that changed,
// at most kMostRows in a part. The next part waits until the one before has been taken, so that a watcher is owed rows
// and never holds a queue; who takes nothing for kPatience is ended with `too-slow`. A part comes at least every
// kHeartbeat, without rows where nothing changed: it tells that somebody still watches, and finds out who has left.
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"
#include "plugins/net/core/host_states.hpp"
#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace msw::net {

/// Thread: one at a time.
class Watchers {
public:
    static constexpr std::size_t kMost = 64;
    static constexpr std::size_t kMostRows = 1000;  ///< in a part: less than the 256 KiB that an answer may have
    static constexpr Time kHeartbeat{20'000};
    static constexpr Time kPatience{30'000};
    static constexpr Time kFarPace{1'000};  ///< between two parts to another host, which says of none that it is taken

    /// What the numbers of taken() have, and those of flows (Arrivals) and apps (Patience) don't.
    static constexpr std::uint64_t kBit = std::uint64_t{1} << 62U;

    enum class Given : std::uint8_t {
        waits,       ///< taken() will follow
        on_its_way,  ///< to another host
        gone,        ///< its asker has left, or has no room for answers
    };

    /// None of these calls back into the watchers.
    class Output {
    public:
        Output() = default;
        Output(const Output&) = delete;
        Output& operator=(const Output&) = delete;
        Output(Output&&) = delete;
        Output& operator=(Output&&) = delete;
        virtual ~Output() = default;

        /// @return whether a part for the asker of `question` may leave now
        [[nodiscard]] virtual bool may_give(const Datapack& question) const = 0;
        /// @param token  for taken()
        [[nodiscard]] virtual Given give(const Datapack& question, Datapack part, std::uint64_t token) = 0;
    };

    explicit Watchers(Output& output) noexcept : output_(output) {}

    /// One more; the same flag of the same asker begins anew. Its first part is given at once.
    /// @param question    without its body
    /// @param expires_ms  since 1970; nothing: as long as its asker is there
    /// @return Code::queue_full and a sentence if there are too many
    [[nodiscard]] Result<void> add(Datapack question, std::optional<std::int64_t> expires_ms, const HostStates& states,
                                   Time now);
    /// The asker wants no more, or has left.
    /// @param flag, host  of its question, and where that came from
    /// @param asker       who says so: the app that asked, or empty for its host's own net
    /// @return whether there was one
    bool end(std::string_view flag, std::string_view host, std::string_view asker, Time now);
    /// A part has left its mailbox. @param token  as give() had it
    void taken(std::uint64_t token);
    /// Give what is owed, and end what is over. To be called a few times a second. @param wall_ms  since 1970
    void tick(const HostStates& states, Time now, std::int64_t wall_ms);

    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

private:
    struct Watcher {
        Datapack question;
        std::optional<std::int64_t> expires;
        std::uint64_t told = 0;  // serial
        std::uint64_t parts = 0;
        bool begun = false;
        std::optional<Time> waits_since;  // the part before has not been taken, or none may leave
        bool untaken = false;
        Time given{0};
        Time not_before{0};
    };
    using All = std::map<std::uint64_t, Watcher>;  // by token

    template <class Stays>
    void keep(Stays stays);
    [[nodiscard]] bool step(All::value_type& watcher, const HostStates& states, Time now, std::int64_t wall_ms);
    [[nodiscard]] bool give(All::value_type& watcher, const HostStates& states, Time now);
    void last_word(All::value_type& watcher, const Error* why);

    Output& output_;
    All all_;
    std::uint64_t last_token_ = kBit;
};

}  // namespace msw::net
