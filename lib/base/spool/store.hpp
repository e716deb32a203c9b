// The file of a spool: opened, changed in groups, carried over, given up. All of it blocks on the disk.
#pragma once

#include "base/spool/ballast.hpp"
#include "base/spool/changer.hpp"
#include "base/spool/ledger.hpp"
#include "base/spool/reader.hpp"
#include "base/spool/settings.hpp"
#include "base/spool/sqlite.hpp"
#include "msw/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace msw::spool {

/// Thread: one at a time.
class Store {
public:
    using Report = std::function<void(Priority, const std::string&)>;

    /// @param settings  outlives it
    Store(const Settings& settings, Report report);
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    Store(Store&&) = delete;
    Store& operator=(Store&&) = delete;
    /// Closes the file in good order.
    ~Store();

    /// Open the file, or make it. A damaged one is set aside first. @return as Spool::open()
    [[nodiscard]] Result<void> open();
    [[nodiscard]] bool is_open() const noexcept { return prepared_.has_value(); }

    // A group: begin(), apply() for each list, commit(). After a failure trouble() is not none, the rest does nothing,
    // and roll_back(), give_up() or set_aside() must follow.

    void begin();
    /// @return what became of the list, to be told after commit() only
    [[nodiscard]] Result<Written> apply(const Changes& changes);
    /// Make it lasting. @return Trouble::none: it is on the disk
    [[nodiscard]] Trouble commit();
    void roll_back();

    [[nodiscard]] Trouble trouble() const noexcept;
    [[nodiscard]] const std::string& why() const noexcept;

    /// @pre is_open()
    [[nodiscard]] Reader& reader() noexcept { return prepared_->reader; }
    [[nodiscard]] const Ledger& ledger() const noexcept { return ledger_; }

    /// The number of the last group that is known to be on the disk, or that open() found there.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    /// The number of the group that is begun next, or has been.
    [[nodiscard]] std::uint64_t next_generation() const noexcept { return generation_ + 1; }

    /// Carry the log over into the file, if it has become long. @param at_once  or if it has anything in it
    void carry_over(bool at_once);

    /// @return whether much of the file is empty, and the disk could have it back
    [[nodiscard]] bool has_spare_room();
    /// Give some of it back. To be called again while has_spare_room(), when there is nothing better to do.
    void shrink();

    /// Close it in good order.
    void close() { close(trouble() != Trouble::none); }
    /// Close it as it is, because the disk failed: nothing more is written to it.
    void give_up();
    /// Close it and move it away, because it is damaged.
    void set_aside();

    [[nodiscard]] Ballast& ballast() noexcept { return ballast_; }
    /// Take it on board.
    /// @param cut_log  with the room of the log, if it needs that: the log keeps its size when it has been carried over
    [[nodiscard]] bool take_ballast(bool cut_log);

private:
    struct Prepared {
        Prepared(Database& db, Ledger& ledger, const Settings& settings);
        Statement begin;
        Statement commit;
        Statement page_count;
        Statement free_pages;
        Statement set_meta;
        Changer changer;
        Reader reader;
    };

    [[nodiscard]] Result<void> make_file() const;
    [[nodiscard]] Result<void> try_open();
    void look_for_damage();
    void close(bool keep_log);
    [[nodiscard]] bool room_for_pages();
    [[nodiscard]] std::uint64_t log_bytes() const;

    const Settings& settings_;
    FileCalls& files_;
    Report report_;
    Ballast ballast_;
    Ledger ledger_;
    std::uint64_t generation_ = 0;
    std::int64_t pages_with_room_ = 0;  // for so many the file has its place on the disk
    std::unique_ptr<Database> db_;
    std::optional<Prepared> prepared_;
};

}  // namespace msw::spool
