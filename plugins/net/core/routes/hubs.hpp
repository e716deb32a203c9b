// When a mesh is large, and who is a hub in it.
//
// Up to some 500 hosts all are alike: each announces its links (Announcement::kMostLinks at most) and floods over all
// of them. Above that only hubs do, an eighth of those that can be dialled, and the others attach to two or three of
// them. An eighth, because an edge counts only if both ends announce it and no host announces more than 32 links: a hub
// with its 8 links to hubs then carries 14 to 21 others, with room for chance. Fewer hubs could not name all the rest.
//
// Each host decides for itself by its key, and says so (`hub`); the others go by what is said, so no two hosts can
// disagree about a third. Keys don't change and the share hardly does, so neither do hubs.
#pragma once

#include "plugins/net/core/routes/hash.hpp"
#include "plugins/net/core/routes/route_table.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace msw::net {

/// Thread: one at a time.
class Hubs {
public:
    static constexpr std::size_t kLarge = 500;  ///< more known hosts make a mesh large
    static constexpr std::size_t kSmall = 400;  ///< fewer make it small again
    static constexpr std::size_t kShare = 8;    ///< one hub for so many hosts
    static constexpr unsigned kMostHalvings = 3;

    /// Look at who is known; costs nothing until RouteTable::population() has changed, and not more than once in kLook.
    void look(const RouteTable& table, Time now) {
        if (table.population() == looked_at_ || now < next_) return;
        looked_at_ = table.population();
        next_ = now + kLook;
        const std::size_t known = table.size();
        const auto listening = static_cast<std::size_t>(std::count_if(
            table.entries().begin(), table.entries().end(), [](const RouteEntry& entry) { return entry.listens; }));
        large_ = known > (large_ ? kSmall : kLarge);
        // As many halvings of those that listen as leave enough; between an eighth and a quarter less than enough
        // nothing changes, so that those who come and go don't make and unmake hubs.
        const std::size_t enough = std::max<std::size_t>(known / kShare, 1);
        while (halvings_ > 0 && (listening >> halvings_) < enough - enough / 4) --halvings_;
        while (halvings_ < kMostHalvings && (listening >> (halvings_ + 1)) >= enough - enough / 8) ++halvings_;
    }

    [[nodiscard]] bool large() const noexcept { return large_; }

    /// @param key      of this host's member
    /// @param listens  whether it can be dialled
    /// @return whether it should be a hub
    [[nodiscard]] bool should_be(std::uint64_t key, bool listens) const noexcept {
        return large_ && listens &&
               (mix_of(key) >> (64U - kMostHalvings)) < (std::uint64_t{1} << (kMostHalvings - halvings_));
    }

private:
    static constexpr Time kLook = std::chrono::seconds(1);

    /// Not the key itself, whose first bits say which leaf of the tree of digests it lies in.
    static std::uint64_t mix_of(std::uint64_t key) noexcept { return mix(key ^ 0x6875627300000000U); }

    std::uint64_t looked_at_ = 0;
    Time next_{0};
    unsigned halvings_ = kMostHalvings;
    bool large_ = false;
};

}  // namespace msw::net
