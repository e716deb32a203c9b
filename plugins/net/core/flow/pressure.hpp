// Which programs of this host are held back: those that send more than their destinations take.
//
// What a program sends waits in the custody while the destination gives no credit, or the link has no room. Where the
// program has a quarter as much there, for one host, as is still free for that host, it is to be read no more; from
// half of that on it is read again. A share of what is free and not of all, as in Choudhury, Hahne, "Dynamic queue
// length thresholds for shared-memory packet switches" (1998): one program alone may have three megabytes, many have
// less each, and there is room left for who has sent nothing yet. Hosts that can't be reached hold nobody back: what
// waits for them comes up against its bound, and nobody else has to wait for them.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// Thread: one at a time.
class Pressure {
public:
    static constexpr std::size_t kShare = 4;

    /// Bytes that are free in the custody.
    struct Room {
        std::optional<std::size_t> for_host;  ///< nothing: there is no way to it
        std::size_t in_all = 0;
    };

    /// The custody has taken something of a program.
    /// @param app   that the program owns
    /// @param room  that is left, for that member
    /// @return whether the program is to be held from now on, and was not
    [[nodiscard]] bool took(std::string_view app, const std::string& member, std::size_t bytes, const Room& room);

    /// That has ended. @param bytes  as for took()
    void ended(std::string_view app, const std::string& member, std::size_t bytes);

    /// @param room_for  what is free for a member now
    /// @return those that were held and need not be any more
    [[nodiscard]] std::vector<std::string> let_go(const std::function<Room(const std::string& member)>& room_for);

    /// @return the apps whose programs are held now
    [[nodiscard]] std::vector<std::string> held() const;
    [[nodiscard]] bool holds_any() const noexcept { return held_ > 0; }

private:
    struct Sender {
        std::map<std::string, std::size_t> waiting;  // bytes, by member
        std::size_t in_all = 0;
        bool held = false;
        std::string because;  // held: of the member that was too much last
    };
    [[nodiscard]] static bool too_much(const Sender& sender, std::size_t waiting, const Room& room, std::size_t share);
    [[nodiscard]] static bool stays_held(Sender& sender, const std::function<Room(const std::string&)>& room_for);

    std::map<std::string, Sender, std::less<>> senders_;  // by app; those that have something waiting, or are held
    std::size_t held_ = 0;
};

}  // namespace msw::net
