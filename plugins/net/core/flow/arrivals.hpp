// What comes to this host from others: all flows that end here, and the words that go back about them.
//
// Each Datapack is handed to its app in the order of its flow, one flow not waiting for another. An app that has no
// room now gets its next one when it took something; the origin is held back by its credit meanwhile, nobody else.
#pragma once

#include "msw/error.hpp"
#include "plugins/net/core/flow/in_flow.hpp"
#include "plugins/net/core/flow/words.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// Thread: one at a time.
class Arrivals {
public:
    static constexpr std::size_t kMostFlows = 32;  ///< of one run of an origin; more are dropped
    static constexpr Time kForget{600'000};        ///< flows of an origin's earlier run, after their last Datapack

    enum class Handed : std::uint8_t {
        waits,  ///< it is in its mailbox; taken() will follow
        ended,  ///< it needs no more: answered, or copied to several
        full,   ///< its app has no room now
    };

    /// None of these calls back into the arrivals before it returns.
    class Output {
    public:
        Output() = default;
        Output(const Output&) = delete;
        Output& operator=(const Output&) = delete;
        Output(Output&&) = delete;
        Output& operator=(Output&&) = delete;
        virtual ~Output() = default;

        /// @param token  for taken()
        [[nodiscard]] virtual Handed hand(const Datapack& datapack, std::uint64_t token) = 0;
        /// Have a durable one written down, together with how far its flow has come: committed() follows, in the order
        /// of these.
        virtual void commit(const Datapack& datapack, const std::string& member, const FlowName& flow, std::uint64_t n,
                            std::uint64_t token, std::uint64_t generation) = 0;
        /// Have it read how far a durable flow had come: recalled() follows.
        virtual void recall(const std::string& member, const FlowName& flow, std::uint64_t token) = 0;
        /// Tell an origin how its flows stand: a body of `link receipt` and one of `link window`, neither empty.
        /// @return false: there is no way or no room now; tick() tries again
        virtual bool tell(const std::string& member, const std::string& receipts, const std::string& windows) = 0;
    };

    explicit Arrivals(Output& output) noexcept : output_(output) {}

    enum class Verdict : std::uint8_t { taken, duplicate, no_room, too_many_flows };
    /// @param member    of the origin
    /// @param datapack  without its envelope; moved from if it is taken
    Verdict arrive(const std::string& member, const Envelope& envelope, Datapack& datapack, Time now);
    /// One came whose time is over. If it had come before, that is told again.
    void too_late(const std::string& member, const Envelope& envelope, const Datapack& datapack);
    /// An origin's word about what it holds.
    void low(const std::string& member, const LowWord& word, Time now);
    /// What commit() asked for is done, or failed.
    void committed(std::uint64_t token, std::uint64_t generation, bool ok, Time now);
    /// What recall() asked for. @param mark  nothing: the disk failed
    void recalled(std::uint64_t token, std::optional<std::uint64_t> mark, Time now);
    /// An app took one.
    void taken(std::uint64_t token, Time now);
    /// An app may have room again, or isn't there any more.
    void try_again(Time now);
    /// The present run of an origin: flows of earlier ones end when nothing more can come of them.
    void meet(const std::string& member, Run run);

    /// Tell what is due to be told. To be called after a batch of arrivals, and every 50 ms or so.
    void tick(Time now);

    /// Where one stands that came and was not handed on yet.
    struct Place {
        std::string app;
        std::string origin;  ///< host id
        InFlow::Found in;
        bool full = false;  ///< its app has no room now
    };
    /// @return those with that flag, good until something changes
    [[nodiscard]] std::vector<Place> find(std::string_view flag) const;

    [[nodiscard]] std::size_t held() const noexcept { return pool_.held(); }
    /// Tell all there is to tell, due or not: this host stops.
    void tell_all();

    [[nodiscard]] bool has_to_tell() const noexcept { return !to_tell_.empty(); }
    [[nodiscard]] std::size_t flows() const noexcept { return by_token_.size(); }

private:
    struct Flow {
        Flow(std::string m, FlowName n, std::uint64_t t, Pool& pool)
            : member(std::move(m)),
              name(std::move(n)),
              token(t),
              in(name.flow_class, name.app, pool,
                 name.flow_class == FlowClass::durable ? std::nullopt : std::optional<std::uint64_t>(0)) {}
        std::string member;
        FlowName name;
        std::uint64_t token;
        InFlow in;
    };
    struct Origin {
        std::map<FlowName, std::unique_ptr<Flow>> flows;
        Run run = kNoRun;
    };

    [[nodiscard]] static FlowName name_of(const Envelope& envelope, const Datapack& datapack);
    [[nodiscard]] Flow* flow_of(const std::string& member, const FlowName& name);
    /// @return the flow, made if it is a new one; null, and why in `why_not`
    [[nodiscard]] Flow* flow_for(const std::string& member, const FlowName& name, Verdict& why_not);
    void hand_on(Flow& flow, Time now);
    void note(Flow& flow);
    void tell(const std::string& member, const std::vector<Flow*>& flows);
    void forget(Time now);

    Output& output_;
    Pool pool_;
    std::map<std::string, Origin> origins_;  // by member
    std::map<std::uint64_t, Flow*> by_token_;
    std::set<std::uint64_t> blocked_;                         // flows whose app has no room
    std::map<std::string, std::set<std::uint64_t>> to_tell_;  // flows that have something to tell, by member
    std::uint64_t last_token_ = 0;
    Time forgotten_{0};
};

}  // namespace msw::net
