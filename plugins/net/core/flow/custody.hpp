// What this host has taken on for others and has no receipt for: all flows that begin here.
//
// Custody stays at the origin until the destination's receipt. Relays store nothing, so what they drop, and what was on
// a link that broke, is sent again from here: when its timer runs out (RFC 6298; one for each destination and class),
// or at once when the way there changes. On a way through other hosts a congestion window (RFC 5681) bounds what is
// under way; everywhere the destination's credit does.
#pragma once

#include "msw/result.hpp"
#include "plugins/net/core/flow/congestion.hpp"
#include "plugins/net/core/flow/out_flow.hpp"
#include "plugins/net/core/flow/pressure.hpp"
#include "plugins/net/core/flow/rto.hpp"
#include "plugins/net/core/flow/turns.hpp"
#include "plugins/net/core/flow/words.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net {

/// How a Datapack ended at its origin.
enum class Ending : std::uint8_t {
    received,     ///< the destination has it
    unconfirmed,  ///< it was sent, and no receipt came: the destination died, or the time ran out
    expired,      ///< its time ran out before it was sent
};

/// Where one stands that is in custody, and what it waits for.
struct CustodyPlace {
    enum class Waits : std::uint8_t {
        no_way,   ///< a way to its host
        run,      ///< word which start of it runs there
        disk,     ///< to be written down before it is sent
        others,   ///< those before it in its flow
        credit,   ///< its app to take what it has
        window,   ///< what is under way on ways through other hosts
        room,     ///< the link to the next hop
        receipt,  ///< it was sent
        gap,      ///< its host has it, and an earlier one is missing there
    };
    std::string host;
    std::string member;
    std::string app;
    bool durable = false;
    std::int64_t row = 0;      ///< of a durable one, on disk
    std::size_t bytes = 0;     ///< of its body
    std::size_t ahead = 0;     ///< how many of its flow are held before it
    unsigned sent = 0;         ///< times, to the present run of its host
    Time sent_at{0};           ///< the last time
    std::int64_t expires = 0;  ///< ms since 1970
    bool way = false;          ///< whether there is one now
    Waits waits = Waits::no_way;
};

/// Thread: one at a time.
class Custody {
public:
    /// What may be held, in bytes.
    struct Bounds {
        std::size_t per_host;
        std::size_t in_all;
    };
    static constexpr Bounds kOrdinary{std::size_t{16} * 1024 * 1024, std::size_t{64} * 1024 * 1024};
    /// Answers have room of their own: who is asked must not be kept from answering by what others send there.
    static constexpr Bounds kAnswers{std::size_t{4} * 1024 * 1024, std::size_t{16} * 1024 * 1024};
    static constexpr std::size_t kMostFlows = 32;                     ///< to one host
    static constexpr Time kAsk{1'000};                                ///< a flow without credit asks for it that often
    static constexpr std::size_t kQuantum = CongestionWindow::kStep;  ///< bytes of one flow before another's turn

    /// How a host is reached now.
    enum class Way : std::uint8_t { none, relayed, direct };

    /// None of these calls back into the custody, but for ended().
    class Output {
    public:
        Output() = default;
        Output(const Output&) = delete;
        Output& operator=(const Output&) = delete;
        Output(Output&&) = delete;
        Output& operator=(Output&&) = delete;
        virtual ~Output() = default;

        [[nodiscard]] virtual Way way_to(const std::string& member) const = 0;
        /// @return whether send() may follow; if not, pump() is called when it may
        /// @param held  the one that would be sent; `via` may have it take another way than others
        [[nodiscard]] virtual bool has_room(const std::string& member, const Held& held) const = 0;
        virtual void send(const std::string& member, const Held& held, const Envelope& envelope) = 0;
        /// @param held  one that was sent
        /// @return a time before which all that was sent the same way has left this host
        [[nodiscard]] virtual Time delivered_until(const std::string& member, const Held& held) = 0;
        /// @return whether `link window` could be sent
        virtual bool send_words(const std::string& member, const std::string& body) = 0;
        /// No receipt has come from a member for `waited`. What was sent is sent again after this: over another way,
        /// if there is one.
        virtual void unheard(const std::string& member, Time waited, Time now) = 0;
        /// After all a receipt has.
        virtual void heard_again(const std::string& member) = 0;
        virtual void ended(const std::string& host, Held held, Ending ending) = 0;
        /// The program of this host that owns an app sends more than is taken, and is to be read no more; or again.
        virtual void hold(const std::string& app, bool held) = 0;
    };

    /// @param run       of this host
    /// @param ordinary  for all that are ordinary and no answers
    Custody(Run run, const Bounds& ordinary, Output& output) noexcept
        : run_(run), bounds_{ordinary, kAnswers}, output_(output) {}

    /// Take one into custody.
    /// @param member, host  its destination, and what that is called
    /// @param held          without number and charge; moved from if it is taken
    /// @return Code::queue_full, Code::too_many_flows and a sentence if there is no room
    [[nodiscard]] Result<void> take(const std::string& member, const std::string& host, Held& held, Time now);

    // Durable ones. They count for no bound here: how many of a flow are in memory is up to who loads them.

    /// @return whether one that was numbered by that run can follow what is here of its flow
    [[nodiscard]] bool can_load(const std::string& member, const std::string& app, Run run) const;
    /// Take one into custody that is on disk. @pre can_load()
    void load(const std::string& member, const std::string& host, const std::string& app, Held held, Time now);
    /// It is on disk now that these rows are sent to that run of their destination.
    void marked(const std::string& member, const std::string& app, const std::vector<std::int64_t>& rows, Run run,
                bool redelivered, Time now);
    /// One is off the disk.
    void drop_row(std::int64_t row);
    /// @return how many of a flow are here, and their bytes
    [[nodiscard]] std::pair<std::size_t, std::size_t> durable_in(const std::string& member,
                                                                 const std::string& app) const;
    void for_each_durable(const std::string& member, const std::string& app,
                          const std::function<void(const Held&)>& give) const;
    /// @return whether there is a way to a host, and its run is known
    [[nodiscard]] bool can_send(const std::string& member) const {
        return run_of(member) != kNoRun && output_.way_to(member) != Way::none;
    }

    /// The present run of a host, from its hello or its announcement. @param epoch  an older one than is known is
    /// ignored
    void meet(const std::string& member, Run run, std::uint64_t epoch, Time now);
    /// That run of a host is over, and this one is in its place, whatever its epoch: its disk may have been set back.
    void replaced(const std::string& member, Run over, Run run, std::uint64_t epoch, Time now);
    /// The way to a host is another one, or it is back: what was under way may be lost.
    void rerouted(const std::string& member, Time now);
    /// @return the epoch of the run that is known of a host
    [[nodiscard]] std::uint64_t epoch_of(const std::string& member) const;
    /// A link has room again.
    void pump(Time now);

    void receipts(const std::string& member, Run run, const std::vector<ReceiptWord>& words, Time now);
    void credit(const std::string& member, Run run, const CreditWord& word, Time now);

    /// Have those programs read again that were held and need not be. To be called when something has ended.
    void let_go();
    /// @return the apps of those that are held
    [[nodiscard]] std::vector<std::string> held() const { return pressure_.held(); }

    /// To be called every 50 ms or so.
    /// @param wall_ms  since 1970
    void tick(Time now, std::int64_t wall_ms);

    /// @return the run of a host as far as is known
    [[nodiscard]] Run run_of(const std::string& member) const;
    /// @return how many Datapacks wait for a host's receipt, and how many bytes
    [[nodiscard]] std::pair<std::size_t, std::size_t> waiting_for(const std::string& member) const;
    /// @return all hosts that something was ever sent to, as members
    [[nodiscard]] std::vector<std::string> members() const;
    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    /// @return how many of these are nowhere else
    [[nodiscard]] std::size_t ordinary() const noexcept { return count_ - durable_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_[0] + bytes_[1]; }
    /// Call `give` for each, by host and flow, in order.
    void for_each(const std::function<void(const std::string& host, const std::string& app, const Held&)>& give) const;
    /// @return where those with that flag stand, one for each copy
    [[nodiscard]] std::vector<CustodyPlace> find(std::string_view flag) const;
    /// How the ordinary flow to an app stands.
    struct FlowNumbers {
        std::size_t waiting = 0;  ///< Datapacks without a receipt,
        std::size_t bytes = 0;    ///< and what they count for
        bool starved = false;     ///< the next one waits for credit
    };
    [[nodiscard]] FlowNumbers flow_numbers(const std::string& member, const std::string& app) const;

private:
    struct Destination {
        std::string member;
        std::string host;
        Run run = kNoRun;
        std::uint64_t epoch = 0;
        std::map<std::pair<FlowClass, std::string>, OutFlow> flows;
        std::array<Rto, 2> rto;  // by class
        CongestionWindow window;
        std::array<std::size_t, 2> bytes{};  // ordinary, answers
        bool silent = false;                 // the timer ran out, and no receipt has come since
        Time asked{0};                       // for credit, last
        Time leaving = Time::min();          // when something that was sent had not left this host yet, last
        Turns<OutFlow> turns;
    };

    [[nodiscard]] static std::string flow_of(const Datapack& datapack);
    [[nodiscard]] Result<void> room_for(const Destination* to, const std::string& host, const Held& held) const;
    [[nodiscard]] static std::size_t quota_of(const Held& held) { return held.datapack->method == "reply" ? 1 : 0; }
    [[nodiscard]] Destination& destination(const std::string& member, const std::string& host);
    void pump(Destination& to, Time now);
    /// Each flow has one turn. @return whether anything was sent
    bool round(Destination& to, Time now);
    /// Send of one flow, kQuantum bytes or a little more. @return whether anything was sent
    bool turn(Destination& to, OutFlow& flow, bool windowed, Time now);
    void timers(Destination& to, Time now);
    [[nodiscard]] bool ran_out(Destination& to, FlowClass of, Time now);
    void ask(Destination& to, Time now);
    void end(Destination& to, std::vector<Held> all, Ending ending);
    [[nodiscard]] Pressure::Room room_left(const Destination& to) const;
    /// @return the app of the program of this host that sent it and can be held; empty: none
    [[nodiscard]] static std::string_view program_of(const Datapack& datapack);
    [[nodiscard]] static std::size_t under_way(const Destination& to);
    [[nodiscard]] CustodyPlace::Waits what_it_waits_for(const Destination& to, const OutFlow& flow,
                                                        std::size_t i) const;
    [[nodiscard]] const OutFlow* durable_flow(const std::string& member, const std::string& app) const;

    Run run_;
    std::array<Bounds, 2> bounds_;  // of ordinary ones, of answers
    Output& output_;
    std::map<std::string, Destination> destinations_;  // by member
    Turns<Destination> turns_;
    Pressure pressure_;
    std::array<std::size_t, 2> bytes_{};
    std::size_t count_ = 0;
    std::size_t durable_ = 0;   // of these
    bool has_to_tell_ = false;  // what isn't held any more
};

}  // namespace msw::net
