// What became of durable Datapacks: the truth that their promises are judged by.
//
// What a host has said and done is as durable as its disk: each has a memory of it, and when its disk is set back, so
// is its memory. So a restore excuses exactly what it forgot. What is lost because its origin forgot that it was
// accepted, or its destination that it came, is lost rightly. What its plugin was handed after the disk was copied may
// come again: without a mark if its row lay there unhanded; with one if its origin sends it again, which knows of the
// other run, unless that was restored, too. Everything else stays forbidden, to hosts that were restored as well.
#pragma once

#include "tests/sim/mesh/ledger.hpp"
#include "tests/sim/mesh/tables.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace msw::sim {

/// Thread: one at a time.
class DurableTruth {
public:
    DurableTruth(const Plan& plan, Ledger& ledger, Judge& judge, Trace& trace);

    /// A copy of a Datapack: serial, host and app that it is for.
    using Name = std::tuple<Serial, std::size_t, std::string>;
    /// What a host knows of a copy. Thread: like a std::string.
    struct Facts {
        // At its origin.
        bool accepted = false;  ///< its row was on disk
        RowId row = 0;          ///< in the outbox; 0: it has not come there
        bool let_go = false;    ///< it has its receipt
        bool closed = false;    ///< of a question: it is open no more
        Serial answer = 0;      ///< of a question: what was kept for the asker
        // At its destination.
        bool came = false;   ///< its row was on disk, or it needs none
        bool again = false;  ///< it had come before, and a restore forgot that
        unsigned handed = 0;
        unsigned left = 0;   ///< times: handed, and its plugin left without being done
        bool done = false;   ///< its plugin was, and that is on disk
        Serial answers = 0;  ///< what its plugin answered before it was done
        // At either.
        bool dead = false;  ///< it is a dead letter
    };
    using Memory = std::map<Name, Facts>;
    [[nodiscard]] const Memory& memory(std::size_t host) const { return memories_[host]; }
    /// The disk of a host is another one.
    void set_back(std::size_t host, Memory memory);

    // What happens.
    /// A change comes to the disk of a host. @param tables  as they were before it
    void changes(std::size_t host, const Change& change, const Tables& tables, Time now);
    /// An origin sends one. @param tables  its own
    void sent(std::size_t host, const Datapack& datapack, const Tables& tables, Time now);
    /// It comes into the mailbox of its plugin.
    void handed(std::size_t host, const Datapack& datapack, const InRow& row, Time now);
    void left(std::size_t host, Serial serial, const std::string& app);
    /// A plugin that has a question answers it, and is not done with it.
    void answers(std::size_t host, Serial question, const std::string& app, Serial answer);
    /// An app is told what became of the copies of what it sent with `want: accept`.
    void told_accepted(std::size_t host, const Datapack& word, Time now);

    /// All is through: each must have ended.
    void settle(Time now);

private:
    [[nodiscard]] std::optional<Name> name_of(const Datapack& datapack, std::size_t host) const;
    [[nodiscard]] Facts& facts(std::size_t host, const Name& name) { return memories_[host][name]; }
    [[nodiscard]] const Facts& known(std::size_t host, const Name& name) const;
    [[nodiscard]] bool is_question(Serial serial) const;
    void broken(const char* promise, const std::string& text, Time now, const Name& name);
    void note(Time now, std::size_t host, const std::string& what, Serial about);

    void comes_to_outbox(std::size_t host, const net::StoredRow& row, RowId id, Time now);
    void comes_to_inbox(std::size_t host, const InRow& row, Time now);
    void came_without_row(std::size_t host, const Datapack& datapack, Time now);
    void let_go(std::size_t host, RowId row, bool closed, const Tables& tables, Time now);
    void done(std::size_t host, const InRow& row, Time now);
    void buried(std::size_t host, const Bury& bury, const Tables& tables, Time now);
    void judge_order(std::size_t host, const Name& name, const InRow& row, Time now);
    void judge_end(const Sent& sent, const Copy& copy, Time now);
    void judge_answer(const Sent& sent, const Copy& copy, Time now);

    const Plan& plan_;
    Ledger& ledger_;
    Judge& judge_;
    Trace& trace_;
    std::vector<Memory> memories_;                        // by host
    Memory ever_;                                         // what any of them knew at any time
    std::map<Serial, std::vector<std::size_t>> refused_;  // hosts that a sender was told of
    using Place = std::pair<std::size_t, std::uint64_t>;  // the start of the origin that numbered it, and the number
    std::map<std::tuple<std::size_t, std::size_t, std::string, std::string>, Place> last_;  // origin, host, flow, app
};

}  // namespace msw::sim
