// How much lies where, without counting: a number for each flow, changed with each row and committed with it. A million
// rows cost nothing at a start, and a quota is known before a row is written.
#pragma once

#include "base/spool/rows.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace msw::spool {

class Database;

/// What rows are counted apart. The numbers are in the file.
enum class Kind : std::uint8_t { waiting = 1, inbox = 2, dead = 3, received = 4 };

/// Thread: one at a time.
class Ledger {
public:
    struct Key {
        Kind kind = Kind::waiting;
        std::string member;  ///< empty for dead letters, which have one sum
        std::string app;     ///< the same
        friend bool operator<(const Key& a, const Key& b) noexcept {
            return std::tie(a.kind, a.member, a.app) < std::tie(b.kind, b.member, b.app);
        }
    };
    using Amounts = std::map<Key, Amount>;

    /// Forget all and read what was committed last.
    void load(Database& db);

    /// A row came (rows 1) or went (-1), with its bytes.
    void count(const Key& key, std::int64_t rows, std::int64_t bytes);

    /// A place to come back to in what was counted since the last commit.
    [[nodiscard]] std::size_t mark() const noexcept { return undo_.size(); }
    void roll_back(std::size_t mark);

    /// Write what changed since the last commit, in the transaction that is open.
    void write(Database& db);
    void committed();

    [[nodiscard]] Amount of_kind(Kind kind) const;
    /// @return weight of what is in the outbox for, or in the inbox from, that member
    [[nodiscard]] std::uint64_t weight_of(Box box, const std::string& member) const;
    /// @return weight of outbox and inbox together
    [[nodiscard]] std::uint64_t weight() const;
    /// Those with rows, ordered by kind, member, app. (Some without may be among them until committed().)
    [[nodiscard]] const Amounts& amounts() const noexcept { return amounts_; }

private:
    struct Step {
        Key key;
        std::int64_t rows;
        std::int64_t bytes;
    };
    void change(const Key& key, std::int64_t rows, std::int64_t bytes);

    Amounts amounts_;
    std::map<std::pair<Box, std::string>, Amount> members_;
    std::map<Kind, Amount> kinds_;
    std::vector<Step> undo_;
};

}  // namespace msw::spool
