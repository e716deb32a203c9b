"""Deliberate mistakes in plugins/net/core, one at a time, and the promises that each of them breaks.

Each is a text that stands in a file exactly once, and what it is replaced by. `breaks` names the invariants of
tests/sim/mesh that may catch it.
"""

from typing import List, NamedTuple, Tuple


class Fault(NamedTuple):
    name: str
    file: str  # below plugins/net/core
    old: str
    new: str
    breaks: Tuple[str, ...]


# What a flow that has come to a halt shows as.
HALT = ("traffic-flows-again", "nothing-is-left-to-do", "answers-arrive", "each-ends")

FAULTS: List[Fault] = [
    Fault("a receipt's mark is one too high", "flow/in_flow.cpp", "    return next_ - 1;", "    return next_;",
          ("receipts-tell-the-truth",)),
    Fault("what is for another run is taken", "mesh_flows.cpp", "if (envelope->destination != settings_.run) {",
          "if (envelope->destination == kNoRun) {", ("receipts-tell-the-truth", "never-twice")),
    Fault("duplicates are not dropped", "flow/in_flow.cpp", "if (known_ && e.n < next_) {",
          "if (known_ && e.n < next_ && e.n > kMostNumber) {", ("never-twice", "in-order") + HALT),
    Fault("what is behind a gap is handed on at once", "flow/in_flow.cpp",
          "(behind_.begin()->first == next_ || behind_.begin()->first < low_)", "behind_.begin()->first > 0",
          ("in-order", "receipts-tell-the-truth")),
    Fault("the window is never opened again", "flow/in_flow.cpp",
          "granted_ = std::max(granted_, consumed_ + pool_.window());", "", HALT),
    Fault("credit is counted twice", "flow/in_flow.cpp", "    consumed_ = offset;", "    consumed_ += offset;",
          ("credit-is-bounded",)),
    Fault("an edge counts if one end announces it", "routes/route_table.cpp", "    Graph graph;\n    for (",
          "    const auto once = said;\n    for (std::uint32_t from = 0; from < once.size(); ++from) {\n"
          "        for (const GraphEdge& e : once[from]) said[e.to].push_back({from, e.cost, e.last_only});\n    }\n"
          "    Graph graph;\n    for (", ("views-converge", "no-loop", "hops-run-out")),
    Fault("the timer never sends again", "flow/custody.cpp", "now - *since >= rto.value();",
          "now - *since >= rto.value() * 1000;", HALT),
    Fault("ordinary ones are sent to the next run, too", "flow/out_flow.cpp",
          "if (class_ == FlowClass::ordinary && h.sent_for != kNoRun) {",
          "if (class_ == FlowClass::durable && h.sent_for != kNoRun) {", ("ordinary-sent-to-one-run-only",)),
    Fault("unconfirmed is not told", "mesh_flows.cpp", "if (ending == Ending::received) return;",
          "if (ending != Ending::expired) return;", ("each-ends", "questions-close", "traffic-flows-again")),
    Fault("expired is not told", "mesh_flows.cpp", "if (ending == Ending::received) return;",
          "if (ending != Ending::unconfirmed) return;", ("each-ends", "questions-close", "traffic-flows-again")),
    Fault("an answer needs no question", "flow/questions.cpp",
          "if (at == open_.end() || at->second.asker != answer.app) return std::nullopt;",
          "if (at == open_.end()) return std::string();", ("answers-only-to-who-asked", "answers-only-while-open")),
    Fault("a question stays open when it is answered", "flow/questions.cpp", "if (!more) forget(*at);",
          "if (!more && at->first.empty()) forget(*at);", ("answers-only-while-open",)),
    Fault("a question stays open when it has failed", "mesh_flows.cpp", "    questions_.close(d.get(\"flag\"), host);", "",
          ("answers-only-while-open", "questions-close")),
    Fault("hops are not counted and ways stay as they were", "routes/route_table.cpp", "    if (!ways_known_) {",
          "    if (!ways_known_ && version_ < 20) {", ("views-converge", "no-loop", "hops-run-out", "traffic-flows-again")),
    Fault("a host that stood still judges at once", "mesh_links.cpp", "if (slept) session.watch.forgive(now);", "",
          ("no-false-alarms",)),
    Fault("silence means busy, however long it is", "link/watch.hpp", "> limit(vitals) ? State::down",
          "> limit(vitals) * 10 ? State::down", ("silence-is-noticed",)),
    Fault("a relay sends back where it came from", "mesh_flows.cpp", " || link->id == from", "", ("never-back",)),
    Fault("a relay ignores that a link is full", "mesh_flows.cpp", " || !edge_.has_room(link->id)) {\n        if (counters_",
          ") {\n        if (counters_", ("queues-are-bounded",)),
    Fault("an app that takes nothing holds up others", "flow/arrivals.cpp",
          "while (const Datapack* next = flow.in.front()) {",
          "while (const Datapack* next = blocked_.empty() ? flow.in.front() : nullptr) {", HALT),
    Fault("a host that was started again isn't met", "flow/custody.cpp", "if (run == to.run || epoch < to.epoch) return;",
          "if (to.run != kNoRun) return;", HALT),
    Fault("a restored host isn't ahead of its past", "routes/announcer.cpp", "    edition_ = theirs;", "",
          ("views-converge",)),
    Fault("offsets of a flow don't rise", "flow/out_flow.cpp", "        next_at_ += h.charge;", "",
          ("offsets-rise",)),
]
