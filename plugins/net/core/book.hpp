// The address book: every address this host has heard of, and when each is to be dialled.
//
// An address is dialled while no connection leads to the host that answers there. After a failure it waits, 0.5 s
// doubling to 60 s, with jitter so that hosts that came up together don't go on knocking together.
#pragma once

#include "plugins/net/core/address.hpp"
#include "plugins/net/core/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// Where an address comes from; the earlier ones count more.
enum class Source : std::uint8_t {
    configured,  ///< it stands in the address file
    incoming,    ///< a peer that dialled us said that it listens there
    exchanged,   ///< another host told us about it
};

[[nodiscard]] std::string_view name_of(Source source) noexcept;

/// Thread: one at a time.
class AddressBook {
public:
    static constexpr Time kFirstDelay{500};
    static constexpr Time kLongestDelay{60'000};
    static constexpr std::size_t kMostLearned = 2048;  ///< addresses that aren't configured
    /// Failures in a row after which an address that isn't configured is forgotten: about a quarter of an hour if
    /// nobody was ever met there, else about a day.
    static constexpr unsigned kMostFailuresUnmet = 20;
    static constexpr unsigned kMostFailuresMet = 1440;

    struct Entry {
        Source source = Source::exchanged;
        std::string id;          ///< who answered there last; empty: nobody yet
        bool self = false;       ///< we ourselves answer there
        bool dialling = false;   ///< an attempt is under way
        unsigned failures = 0;   ///< in a row
        Time next{0};            ///< not to be dialled before
        std::string last_error;  ///< of the last attempt
    };

    /// @param seed  for the jitter
    explicit AddressBook(std::uint32_t seed) noexcept : random_(seed) {}

    /// Replace what stood in the address file: addresses that are gone from it are forgotten, all others are dialled
    /// at once.
    void configure(const std::vector<Address>& addresses, Time now);

    /// Take note of an address that was learned from others.
    /// @return whether it is known now: false if the book is full
    bool learn(const Address& address, Source source, Time now);

    /// @param connected  whether a connection leads to that host
    /// @param learned    what was learned, too: for a host that has nobody
    /// @return what is to be dialled now; each counts as being dialled until failed(), answered() or self()
    [[nodiscard]] std::vector<Address> due(Time now, const std::function<bool(std::string_view id)>& connected,
                                           bool learned = false);

    void failed(const Address& address, std::string why, Time now);     ///< the attempt failed
    void unwelcome(const Address& address, std::string why, Time now);  ///< so did it, and soon again makes no sense
    /// Host `id` is there. @return whether the address is a configured one
    bool answered(const Address& address, std::string_view id);
    void self(const Address& address);  ///< we are there

    /// The connection to `id` was lost: its addresses may be dialled again soon.
    void lost(std::string_view id, Time now);

    /// @return what others may be told: what is configured, then where a host was met; not ourselves.
    [[nodiscard]] std::vector<Address> known() const;

    [[nodiscard]] const std::map<Address, Entry>& entries() const noexcept { return entries_; }

private:
    [[nodiscard]] Time jittered(Time delay);

    std::map<Address, Entry> entries_;
    std::size_t learned_ = 0;
    std::minstd_rand random_;
};

}  // namespace msw::net
