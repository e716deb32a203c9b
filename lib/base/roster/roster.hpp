// One host's copy of the roster: what it holds, what follows from that, and what to say of it to others.
//
// Two copies that have the same digest hold the same. Where they differ each side says the names of what it holds, and
// is given what it lacks, roots first; in whatever order things come, all end with the same.
#pragma once

#include "base/roster/view.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace msw::roster {

/// A copy of it is another copy of the roster. Thread: like a value.
class Roster {
public:
    /// @param mesh  the digest of root version 1: which mesh it is
    explicit Roster(const Digest& mesh) : mesh_(mesh) {}

    struct Merged {
        std::vector<Digest> fresh;        ///< the names of what holds and is new here, to be told to others
        std::vector<std::string> alarms;  ///< sentences that have not been said before
    };

    /// Take documents that others gave, as many together as there are. What doesn't hold is dropped: signed by nobody
    /// who may, admitted by somebody who is not known (yet), without room.
    Merged merge(const std::vector<Checked>& documents);

    [[nodiscard]] const Digest& mesh() const noexcept { return mesh_; }
    [[nodiscard]] const View& view() const noexcept { return view_; }
    [[nodiscard]] const Holdings& holdings() const noexcept { return holdings_; }
    /// @return by name, the SHA-256 of its bytes, what this copy holds
    [[nodiscard]] const std::map<Digest, std::string>& documents() const noexcept { return documents_; }
    /// @return what stands for all of that
    [[nodiscard]] const Digest& digest() const noexcept { return digest_; }

private:
    void count_documents();

    Digest mesh_;
    Holdings holdings_;
    View view_;
    std::map<Digest, std::string> documents_;
    Digest digest_{};
    std::set<std::string> said_;  // alarms
};

}  // namespace msw::roster
