// Which questions of this host are open elsewhere. An answer is let through only to whoever asked, from whom it was
// asked, while the question is open.
//
// Whatever leaves for another host may be answered, a `post` too, if only by an error. So each opens a question; there
// is room for kMost, and where it ends, the oldest `post` is forgotten first: who wants to be sure asks with `get`.
#pragma once

#include "msw/datapack.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace msw::net {

/// Thread: one at a time.
class Questions {
public:
    static constexpr std::size_t kMost = 65'536;

    /// @return whether one more `get` can be asked
    [[nodiscard]] bool has_room() const noexcept { return open_.size() < kMost || !posts_.empty(); }

    /// `question` leaves for `host`. One of the same flag to the same host, for another app there, has an answer of its
    /// own: it is open until there were as many as it was opened times.
    /// @param expires_ms  until when it is open, since 1970
    void open(const Datapack& question, std::string_view host, std::int64_t expires_ms);

    /// `answer` came from `host`: if its question is open, and this is the last answer, it is closed now.
    /// @return for whom to let it through: the old host that this one asked for (`legacy`), empty for its own app; or
    /// nothing: don't
    [[nodiscard]] std::optional<std::string> admit(const Datapack& answer, std::string_view host);

    /// It ended here, without an answer from there.
    void close(std::string_view flag, std::string_view host);

    /// Close those whose time is over.
    void expire(std::int64_t now_ms);

    /// A question that is open.
    struct Waiting {
        std::string host;  ///< who was asked, in lower case
        std::string app;
        std::string asker;
        bool post = false;         ///< nothing needs to answer it
        std::int64_t expires = 0;  ///< ms since 1970
    };
    /// @return those with that flag, one for each host that was asked
    [[nodiscard]] std::vector<Waiting> find(std::string_view flag) const;

    [[nodiscard]] std::size_t size() const noexcept { return open_.size(); }

private:
    struct Question {
        std::string app;
        std::string asker;
        std::string legacy;
        bool streamed = false;
        bool post = false;
        std::int64_t expires = 0;
        std::uint64_t serial = 0;  // in the order in which they were opened
        std::size_t left = 1;      // answers that are still to come
    };
    using Open = std::unordered_map<std::string, Question>;

    [[nodiscard]] static std::string key_of(std::string_view flag, std::string_view host);
    void forget(Open::value_type& question);
    void one_less(Open::value_type& question);

    Open open_;  // by flag and host
    std::map<std::uint64_t, Open::value_type*> posts_;
    std::map<std::pair<std::int64_t, std::uint64_t>, Open::value_type*> by_expiry_;
    std::uint64_t serial_ = 0;
};

}  // namespace msw::net
