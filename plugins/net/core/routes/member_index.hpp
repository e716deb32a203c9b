// Where in a table a member stands: a hash index of four bytes a place, because ten thousand hosts in one simulator
// each hold one of ten thousand members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace msw::net {

/// Open addressing with linear probing; what is erased leaves no trace (Knuth, TAOCP 3, 6.4, algorithm R).
/// Thread: one at a time.
class MemberIndex {
public:
    static constexpr std::uint32_t kNone = 0xffffffffU;

    /// @param key   of the member
    /// @param same  @return whether that place is the one that is looked for
    /// @return the place, or kNone
    template <class Same>
    [[nodiscard]] std::uint32_t find(std::uint64_t key, const Same& same) const {
        if (slots_.empty()) return kNone;
        for (std::size_t at = home(key);; at = next(at)) {
            const Slot& slot = slots_[at];
            if (slot.place == kNone) return kNone;
            if (slot.tag == tag_of(key) && same(slot.place)) return slot.place;
        }
    }

    /// @param place  not kNone; its member isn't in the index yet
    void insert(std::uint64_t key, std::uint32_t place) {
        if ((used_ + 1) * 4 > slots_.size() * 3) grow();
        ++used_;
        put({tag_of(key), place});
    }

    /// @param from  where the member was; it is in the index
    void move(std::uint64_t key, std::uint32_t from, std::uint32_t to) noexcept {
        slots_[slot_of(key, from)].place = to;
    }

    /// @param place  of a member that is in the index
    void erase(std::uint64_t key, std::uint32_t place) noexcept {
        std::size_t hole = slot_of(key, place);
        for (std::size_t at = next(hole); slots_[at].place != kNone; at = next(at)) {
            const std::size_t wanted = slots_[at].tag & (slots_.size() - 1);
            // It may move into the hole unless its home lies behind that.
            if (((at - wanted) & (slots_.size() - 1)) < ((at - hole) & (slots_.size() - 1))) continue;
            slots_[hole] = slots_[at];
            hole = at;
        }
        slots_[hole] = {};
        --used_;
    }

private:
    struct Slot {
        std::uint32_t tag = 0;
        std::uint32_t place = kNone;
    };

    static std::uint32_t tag_of(std::uint64_t key) noexcept { return static_cast<std::uint32_t>(key); }
    [[nodiscard]] std::size_t home(std::uint64_t key) const noexcept { return tag_of(key) & (slots_.size() - 1); }
    [[nodiscard]] std::size_t next(std::size_t at) const noexcept { return (at + 1) & (slots_.size() - 1); }
    [[nodiscard]] std::size_t slot_of(std::uint64_t key, std::uint32_t place) const noexcept {
        std::size_t at = home(key);
        while (slots_[at].place != place) at = next(at);
        return at;
    }
    void put(Slot slot) {
        std::size_t at = slot.tag & (slots_.size() - 1);
        while (slots_[at].place != kNone) at = next(at);
        slots_[at] = slot;
    }
    void grow() {
        std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
        old.swap(slots_);
        for (const Slot& slot : old) {
            if (slot.place != kNone) put(slot);
        }
    }

    std::vector<Slot> slots_;  // a power of two
    std::size_t used_ = 0;
};

}  // namespace msw::net
