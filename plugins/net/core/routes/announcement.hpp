// What a host says of itself and its links, and the text in which it goes through the mesh.
//
//     host miku
//     member 5f3a…           who it is, whatever its id: 1 to 64 lower-case hex digits
//     epoch 7                the edition: epoch, then seq
//     seq 3
//     run 00c0ffee00c0ffee
//     hub                    if it is one
//     address 10.0.0.7:3900  where it listens, the best first; none: it only dials out
//     link 77aa… 1           to whom, and what passing it costs; in the order of the members
//     link 9c01… 20 busy
//     signature …            over all bytes before this line; opaque here
//
// There is one way to write an announcement. Whatever else is read is refused, so that a digest over the bytes names
// what they say, and a signature needs no second form.
#pragma once

#include "msw/result.hpp"
#include "plugins/net/core/address.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// Orders the announcements of one member: a counter raised at every start, and one of announcements in that run.
struct Edition {
    std::uint64_t epoch = 0;
    std::uint64_t seq = 0;

    friend auto operator<=>(const Edition&, const Edition&) = default;  // NOLINT(modernize-use-nullptr)
};

/// The largest epoch and seq that are read, so that there is always one past them.
inline constexpr std::uint64_t kLargestCount = std::uint64_t{1} << 62U;

/// @return the edition that follows.
[[nodiscard]] constexpr Edition past(const Edition& edition) noexcept {
    return edition.seq < kLargestCount ? Edition{edition.epoch, edition.seq + 1} : Edition{edition.epoch + 1, 1};
}

/// One end's word about a link.
struct AnnouncedLink {
    std::string member;      ///< of the far end
    std::uint16_t cost = 1;  ///< 1 to 65535
    bool busy = false;       ///< acknowledged, but silent: not to be passed through

    friend auto operator<=>(const AnnouncedLink&, const AnnouncedLink&) = default;  // NOLINT(modernize-use-nullptr)
};

/// Thread: like a std::string.
struct Announcement {
    static constexpr std::size_t kMostLinks = 32;
    static constexpr std::size_t kMostAddresses = 8;
    static constexpr std::size_t kLongestMember = 64;
    static constexpr std::size_t kLongestSignature = 512;
    static constexpr std::size_t kLongestText = std::size_t{8} * 1024;  ///< bytes, more than all of these can fill

    std::string host;    ///< the host id
    std::string member;  ///< the key of all tables of routes
    Edition edition;
    std::uint64_t run = 0;  ///< drawn at every start
    bool hub = false;       ///< it floods for others (hubs.hpp)
    std::vector<Address> addresses;
    std::vector<AnnouncedLink> links;  ///< sorted by member, each once, not itself
    std::string signature;             ///< printable, no blanks; empty: not signed

    friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// @return whether it is 1 to 64 lower-case hex digits.
[[nodiscard]] bool valid_member(std::string_view member) noexcept;

/// @return the bytes that a signature is over: all but the line `signature`.
[[nodiscard]] std::string signed_bytes(const Announcement& announcement);

/// @return the text; decode() reads it, if the announcement keeps to what its members say and to its limits.
[[nodiscard]] std::string encode(const Announcement& announcement);

/// Read a text that encode() could have written.
/// @return the announcement; or Code::bad_request and a sentence that names the line
[[nodiscard]] Result<Announcement> decode_announcement(std::string_view text);

/// An announcement with its text and what was computed from it once. Never changed, so shared by all who know it.
/// Thread: any.
struct Announced {
    Announcement said;
    std::string text;
    std::uint64_t digest = 0;              ///< of the text
    std::uint64_t key = 0;                 ///< of said.member; key_of()
    std::uint64_t id_hash = 0;             ///< of said.host, whatever its case; hash_of_id()
    std::vector<std::uint64_t> link_keys;  ///< key_of() the members of said.links, in their order

    /// @return whether this one stands in place of `other`, of the same member. One edition with two texts happens only
    /// when two hosts run as one member: all must prefer the same.
    [[nodiscard]] bool newer_than(const Announced& other) const noexcept {
        return said.edition != other.said.edition ? said.edition > other.said.edition : digest > other.digest;
    }
};
using AnnouncedPtr = std::shared_ptr<const Announced>;

/// @return the announcement with its text; it must be one that decode_announcement() would read again.
[[nodiscard]] AnnouncedPtr make_announced(Announcement announcement);

/// decode_announcement(), and keep the text.
[[nodiscard]] Result<AnnouncedPtr> read_announced(std::string_view text);

/// @return 64 bits that stand for a member, the same on every host: its bucket, its places on rings, its weight.
[[nodiscard]] std::uint64_t key_of(std::string_view member) noexcept;

/// @return 64 bits that stand for a host id, whatever its case.
[[nodiscard]] std::uint64_t hash_of_id(std::string_view host);

/// Whose announcement a text is, and which edition.
struct AnnouncementTitle {
    std::string_view member;
    Edition edition;
};

/// Look at the first lines of a text only, so that what is known already need not be decoded.
/// @return the title; an empty member if those lines make no sense
[[nodiscard]] AnnouncementTitle title_of(std::string_view text) noexcept;

}  // namespace msw::net
