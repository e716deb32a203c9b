#include "mswctl/verdicts.hpp"

#include <algorithm>

namespace mswctl {

void Verdicts::expect(std::string flag, std::string host) {
    asked_.push_back({std::move(flag), std::move(host)});
    ++open_;
}

const Verdicts::Asked* Verdicts::find(std::string_view flag) const noexcept {
    const auto at = std::find_if(asked_.begin(), asked_.end(), [&](const Asked& a) { return a.flag == flag; });
    return flag.empty() || at == asked_.end() ? nullptr : &*at;
}

Verdicts::Seen Verdicts::feed(const msw::Datapack& d) {
    const Asked* found = d.method == "reply" ? find(d.get("flag")) : nullptr;
    if (found == nullptr) return Seen::foreign;
    if (found->done) return Seen::late;
    const std::string_view error = d.get("error");
    const Exit outcome = error.empty() ? exit_of_command(d.get("exit")) : exit_of(msw::code_from_wire(error));
    Asked& asked = asked_[static_cast<std::size_t>(found - asked_.data())];
    if (!d.get("part").empty() && d.get("end") != "1" && (error.empty() || !d.get("host").empty())) {
        if (!d.get("host").empty()) asked.parts = both(asked.parts, outcome);
        return Seen::part;
    }
    asked.done = true;
    asked.outcome = both(asked.parts, outcome);
    --open_;
    return Seen::whole;
}

std::string_view Verdicts::host_of(const msw::Datapack& d) const noexcept {
    const Asked* asked = find(d.get("flag"));
    return asked == nullptr ? std::string_view{} : std::string_view(asked->host);
}

std::vector<std::string> Verdicts::missing() const {
    std::vector<std::string> hosts;
    for (const Asked& a : asked_) {
        if (!a.done) hosts.push_back(a.host);
    }
    return hosts;
}

std::size_t Verdicts::widest_host() const noexcept {
    std::size_t widest = 0;
    for (const Asked& a : asked_) widest = std::max(widest, a.host.size());
    return widest;
}

Exit Verdicts::exit() const noexcept {
    Exit all = Exit::ok;
    for (const Asked& a : asked_) all = both(all, a.outcome);
    return all;
}

}  // namespace mswctl
