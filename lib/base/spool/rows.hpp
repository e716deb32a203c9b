// What a spool keeps, as values. The tables behind them are in schema.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace msw::spool {

/// The number of a row: unique in one spool for as long as its file lives, whatever box the row is in. 0: none.
/// A row that is buried or revived gets a new one.
using RowId = std::int64_t;

/// Seconds since 1970, UTC.
using Seconds = std::int64_t;

/// Where a row lies.
enum class Box : std::uint8_t {
    outbox = 1,  ///< waits to be received elsewhere
    inbox = 2,   ///< waits for a plugin here
    dead = 3,    ///< given up; shown by `mswctl queue`
};

/// Of a row in the outbox.
enum class State : std::uint8_t {
    waiting = 0,   ///< no receipt yet
    received = 1,  ///< kept only because it is a question whose answer is still open
};

/// A durable flow of this origin: to one app on one member.
struct FlowKey {
    std::string member;  ///< the destination
    std::string app;
    friend bool operator==(const FlowKey&, const FlowKey&) = default;
};

/// The place of a Datapack in its flow. The order of a flow is that of (epoch, n).
struct Position {
    std::uint64_t epoch = 0;  ///< < 2^63
    std::uint64_t n = 0;      ///< < 2^63
    friend bool operator==(const Position&, const Position&) = default;
};

/// A durable Datapack on its way to another host. (member, app, at) is unique in the outbox.
struct OutboxRow {
    RowId row = 0;       ///< given by the spool
    std::string member;  ///< the destination
    std::string host;    ///< its id when the Datapack was accepted
    std::string app;
    Position at;            ///< epoch: of the origin's run that numbered it
    std::uint64_t run = 0;  ///< that run
    std::string flag;
    std::string asker;  ///< `from`
    Seconds accepted = 0;
    Seconds expires = 0;
    std::optional<std::uint64_t> sent_for =
        {};  ///< the destination's run that it was last sent to; nothing: never sent
    bool redelivered = false;
    State state = State::waiting;
    std::string datapack;  ///< encoded in Dialect::v1
};

/// A durable Datapack that waits for a plugin here.
struct InboxRow {
    RowId row = 0;  ///< given by the spool
    std::string app;
    std::string origin;       ///< member
    std::string origin_host;  ///< its id when it arrived
    std::uint64_t run = 0;    ///< of the origin
    std::uint64_t n = 0;      ///< < 2^63
    std::string flag;
    std::string asker;  ///< `from`
    Seconds expires = 0;
    std::uint32_t handed = 0;  ///< how often it was handed to a plugin
    std::string datapack;      ///< encoded in Dialect::v1
};

/// A row of any box without its Datapack: for lists, and for what has to be decided about it.
struct Listed {
    Box box = Box::outbox;
    RowId row = 0;
    std::string member;  ///< destination, or origin if it is or was in the inbox
    std::string host;    ///< that member's id at the time
    std::string app;
    Position at;  ///< epoch 0 if it is or was in the inbox
    std::uint64_t run = 0;
    std::string flag;
    std::string asker;
    Seconds since = 0;  ///< accepted (outbox), given up (dead); 0 in the inbox
    Seconds expires = 0;
    std::uint64_t bytes = 0;                     ///< of the encoded Datapack
    State state = State::waiting;                ///< outbox
    std::optional<std::uint64_t> sent_for = {};  ///< outbox
    bool redelivered = false;                    ///< outbox
    std::uint32_t handed = 0;                    ///< inbox
    Box was_in = Box::outbox;                    ///< dead: outbox or inbox
    std::string why = {};                        ///< dead
    bool maybe_delivered = false;                ///< dead
};

/// Rows and what their Datapacks take.
struct Amount {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    friend bool operator==(const Amount&, const Amount&) = default;
};

/// What a row counts for in the quotas beside its Datapack: its other columns and its places in the indexes.
inline constexpr std::uint64_t kRowWeight = 512;

/// @return what `a` counts for in the quotas, in bytes
[[nodiscard]] constexpr std::uint64_t weight(const Amount& a) noexcept { return a.bytes + a.rows * kRowWeight; }

}  // namespace msw::spool
