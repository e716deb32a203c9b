// Where the roster of this host changes: what people ask of it, what neighbours know, who joins here, and where this
// host joins.
#pragma once

#include "base/keys/host_keys.hpp"
#include "msw/plugin.hpp"
#include "plugins/net/core/mesh.hpp"
#include "plugins/net/io/joiner.hpp"
#include "plugins/net/io/roster_keeper.hpp"
#include "plugins/net/io/settings.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// Who this host is, as its files say when it starts.
struct Standing {
    std::shared_ptr<const HostKeys> keys;
    MembershipPtr members;  ///< of no mesh, where this host belongs to none
    std::string warning;    ///< for the journal; or empty
    bool other_id = false;  ///< mswd has yet to start as who it is
};

/// Read the keys and the roster; keys that a roster knows already take the place of those before.
/// @param settings  its `mesh` is told who this host is
/// @return what can't be read or makes no sense, and the way out. Blocks on the disk.
[[nodiscard]] Result<Standing> read_standing(Settings& settings);

/// Thread: the loop's.
class RosterDesk {
public:
    /// @param settings  live on, as do mesh and loop
    RosterDesk(uv_loop_t* loop, const Settings& settings, Standing standing, Mesh& mesh, plugin::Host host);

    /// Documents that a neighbour has given. @param asked  Mesh::merged() is to follow
    void merge(LinkId link, std::vector<std::string> documents, bool asked);
    /// @param session  of the connection (Claim::session)
    /// @param answer   called once, later, unless this is gone
    void admit(const Datapack& question, const roster::Digest& session, std::function<void(Datapack)> answer);
    /// One of the verbs that change something; it is answered later.
    void ask(const Datapack& question);

    [[nodiscard]] const std::shared_ptr<const TlsContext>& tls() const noexcept { return tls_; }

private:
    using Keeper = RosterKeeper;
    [[nodiscard]] Time now() const noexcept { return Time(uv_now(loop_)); }
    void answer(const Datapack& question, const Result<std::string>& text) { mesh_.answered(question, text, now()); }
    /// What has changed is told to who must know. @param from  see Mesh::set_members()
    void changed(const Keeper::Outcome& outcome, LinkId from);
    /// This host is another one from now on: answer, and start anew.
    void begin_anew(const Datapack& question, const Result<std::string>& text);
    [[nodiscard]] Result<void> may_decide(const Datapack& question) const;

    void found(const Datapack& question, std::string_view words);
    void records(const Datapack& question, std::string_view words);
    void amend(const Datapack& question, std::string_view words);
    void new_keys(const Datapack& question);
    void join(const Datapack& question, std::string_view words);
    void leave(const Datapack& question);
    void write_new(const Datapack& question, roster::Roster roster, std::function<std::string(const Membership&)> text);

    uv_loop_t* loop_;
    const Settings& settings_;
    std::shared_ptr<const HostKeys> keys_;
    MembershipPtr none_ = std::make_shared<const Membership>();
    std::shared_ptr<const TlsContext> tls_;
    Mesh& mesh_;
    plugin::Host host_;
    std::optional<Keeper> keeper_;  // in a mesh
    std::unique_ptr<Joiner> joiner_;
    bool over_ = false;  // it begins anew
    uv::Anchor anchor_;
};

}  // namespace msw::net
