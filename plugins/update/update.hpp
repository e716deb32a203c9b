// The app `update`.
#pragma once

#include "msw/plugin.hpp"
#include "plugins/update/releases.hpp"

#include <map>
#include <string>

namespace msw::update {

/// Thread: the module's.
class Update {
public:
    explicit Update(plugin::Host host);
    /// Take Datapacks until mswd stops.
    void run();

private:
    /// What a host said about the update it was sent.
    struct Answer {
        std::string error;
        std::string text;
    };
    static constexpr std::size_t kMostAnswers = 1000;

    void take(const Datapack& d);
    [[nodiscard]] Datapack compress(const Datapack& asked);
    [[nodiscard]] Datapack status(const Datapack& asked) const;
    void install(const Datapack& d);
    void note_answer(const Datapack& reply);
    void answer(const Datapack& answer) const;
    void remove_received(const Datapack& d) const;

    plugin::Host host_;
    const std::string program_;
    const std::string file_root_;
    Releases releases_;
    std::string last_error_;                 // why the last update that came in was refused
    std::string sent_flag_;                  // of the update that was sent last
    std::string sent_name_;                  // its file
    std::map<std::string, Answer> answers_;  // to it, by host
};

}  // namespace msw::update
