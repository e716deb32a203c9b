// The updates that this host sends to others.
#pragma once

#include "base/json.hpp"
#include "msw/plugin.hpp"
#include "plugins/update/campaign.hpp"

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>

namespace msw::update {

/// Thread: the module's.
class Outgoing {
public:
    using Time = Campaign::Time;

    /// @param id         of this host
    /// @param program    absolute path of the running mswd
    /// @param file_root  where archives are put
    Outgoing(plugin::Host host, std::string id, std::string program, std::string file_root);

    /// `compress`: find out which hosts are meant; the rest follows when that is known. The asker hears of everything.
    void compress(const Datapack& asked, Time now);
    /// A reply, to whatever. One that nobody waits for any more is noted.
    void heard(const Datapack& reply);
    /// Do what is due.
    void tick(Time now);
    /// @return when tick() has something to do next; nothing: when something else has happened
    [[nodiscard]] std::optional<Time> due() const;

    /// @return what hosts said about updates, since the last one that went out: [{"host", "digest", "error", "text"}]
    [[nodiscard]] Json answers() const;
    /// @return whether an archive, named as below the file root, is the one that was sent last
    [[nodiscard]] bool is_ours(const std::string& filename) const { return filename == sent_name_; }

private:
    /// A question whose hosts `net` is asked for.
    struct Asked {
        Datapack question;
        std::string flag;  ///< of what net is asked
        Time deadline;
    };
    struct Answer {
        std::string digest;
        std::string error;
        std::string text;
    };

    void found_hosts(const Datapack& question, const Datapack& answer);
    void send(const Datapack& question, const std::vector<std::string>& ways);
    void note(const Datapack& reply);
    void answer_all(const std::vector<Datapack>& all) const;

    plugin::Host host_;
    const std::string id_;
    const std::string program_;
    const std::string file_root_;
    std::list<Asked> asked_;
    std::list<Campaign> campaigns_;
    std::map<std::string, Answer> answers_;  // by host
    std::string sent_name_;                  // the last archive
};

}  // namespace msw::update
