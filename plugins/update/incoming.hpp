// The updates that come to this host.
#pragma once

#include "msw/plugin.hpp"
#include "plugins/update/owed.hpp"
#include "plugins/update/releases.hpp"

#include <functional>
#include <string>
#include <vector>

namespace msw::update {

/// Thread: the module's.
class Incoming {
public:
    /// @param file_root  where archives are put as they come
    /// @param keep       whether an archive, named as below the file root, must stay after it was looked at
    Incoming(plugin::Host host, const std::string& state_dir, const std::string& program, std::string file_root,
             std::function<bool(const std::string&)> keep);

    /// Take up what was left when mswd ended.
    void begin();
    /// Check and install an update that came, say so, and restart; or say why not.
    void install(const Datapack& d);
    /// @return whether somebody waits for a word that can't be said yet: settle() is to be called again in a while
    [[nodiscard]] bool owes() const noexcept { return !owed_.empty(); }
    /// Tell those who sent a release what has become of it, once that is certain: a release that runs on trial may
    /// still be given up.
    void settle();

    [[nodiscard]] Json status() const;

private:
    [[nodiscard]] Result<Releases::Installed> try_to(const Datapack& d);
    void tell();
    void remember(const Datapack& d);
    void write_owed() const;
    void remove_received(const Datapack& d) const;

    plugin::Host host_;
    const std::string file_root_;
    const std::function<bool(const std::string&)> keep_;
    Releases releases_;
    OwedFile file_;
    std::vector<Owed> owed_;      // for what was installed before this start
    std::vector<Owed> promised_;  // for what the next start will bring
    std::string last_error_;      // why the last update was refused
};

}  // namespace msw::update
