"""Deliberate mistakes in plugins/net/core, one at a time, and the promises that each of them breaks.

Some are in what tests/sim/mesh has in place of daemon/durable: what the simulator judges there it must be able to miss.

Each is a text that stands in a file exactly once, and what it is replaced by. `breaks` names the invariants of
tests/sim/mesh that may catch it.
"""

from typing import List, NamedTuple, Tuple


class Fault(NamedTuple):
    name: str
    file: str  # below plugins/net/core, or of the tree, if it begins with tests/
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
    Fault("the timer never sends again", "flow/custody.cpp", "to.leaving) < limit) continue;",
          "to.leaving) < limit * 1000) continue;", HALT),
    Fault("what was sent seems never to have left", "flow/custody.cpp", "> first->sent_at) return true;",
          "> now + limit) return true;", HALT + ("what-swallows-is-passed-by",)),
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
    Fault("a question stays open when it is answered", "flow/questions.cpp", "if (!more) one_less(*at);",
          "if (!more && at->first.empty()) one_less(*at);", ("answers-only-while-open",)),
    Fault("a question stays open when it has failed", "mesh_flows.cpp", "    questions_.close(d.get(\"flag\"), host);", "",
          ("answers-only-while-open", "questions-close")),
    Fault("hops are not counted and ways stay as they were", "routes/route_table.cpp", "    if (!ways_known_) {",
          "    if (!ways_known_ && version_ < 20) {",
          ("views-converge", "no-loop", "hops-run-out", "traffic-flows-again", "what-swallows-is-passed-by")),
    Fault("a host that stood still judges at once", "mesh_links.cpp", "if (slept) session.watch.forgive(now);", "",
          ("no-false-alarms",)),
    Fault("silence means busy, however long it is", "link/watch.hpp", "> limit(vitals) || silent > kMostSilence)",
          "> limit(vitals) * 10)", ("silence-is-noticed",)),
    Fault("no other way is ever tried", "routes/detours.cpp", "    if (other == ways.out) return false;",
          "    if (other == ways.out || !other.empty()) return false;", ("what-swallows-is-passed-by",)),
    Fault("ways that failed are not doubted", "routes/detours.cpp", "        doubt(ways, failed, member);\n", "",
          ("what-swallows-is-passed-by",)),
    Fault("words go back the shortest way", "mesh_links.cpp",
          "return tell_over(standing(detours_.back(member)), member, receipts, windows);",
          "return tell_over({}, member, receipts, windows);", ("what-swallows-is-passed-by",)),
    Fault("who is held back is never let go", "mesh_durable.cpp", "    custody_.let_go();\n", "",
          ("nothing-is-left-to-do",)),
    Fault("answers have no room of their own", "flow/custody.hpp", 'held.datapack->method == "reply" ? 1 : 0;',
          'held.datapack->method.empty() ? 1 : 0;', ("traffic-flows-again", "answers-arrive", "queues-are-bounded")),
    Fault("a relay sends back where it came from", "mesh_flows.cpp", " || link->id == from", "", ("never-back",)),
    Fault("a relay ignores that a link is full", "mesh_flows.cpp", "edge_.has_room_for_frame(link->id) : edge_.has_room(link->id);",
          "edge_.has_room_for_frame(link->id) : true;", ("queues-are-bounded",)),
    Fault("an app that takes nothing holds up others", "flow/arrivals.cpp",
          "while (const Datapack* next = flow.in.front()) {",
          "while (const Datapack* next = blocked_.empty() ? flow.in.front() : nullptr) {", HALT),
    Fault("a host that was started again isn't met", "flow/custody.cpp", "if (run == to.run || epoch < to.epoch) return;",
          "if (to.run != kNoRun) return;", HALT),
    Fault("a restored host isn't ahead of its past", "routes/announcer.cpp", "    edition_ = theirs;", "",
          ("views-converge",)),
    Fault("offsets of a flow don't rise", "flow/out_flow.cpp", "        next_at_ += h.charge;", "",
          ("offsets-rise",)),

    # The durable class.
    Fault("durable: a receipt before the write", "flow/in_flow.cpp",
          "        if (!committing_.empty()) return committing_.front().n - 1;\n"
          "        if (!ready_.empty()) return ready_.front().n - 1;\n", "", ("receipted-is-on-disk",)),
    Fault("durable: what could not be written counts as written", "flow/in_flow.cpp", "    if (ok) {\n        const Place",
          "    if (ok || class_ == FlowClass::durable) {\n        const Place", ("receipted-is-on-disk",)),
    Fault("durable: what could not be written is not asked for again", "flow/in_flow.cpp",
          "    next_ = committing_.front().n;", "", ("receipted-is-on-disk",) + HALT),
    Fault("durable: a row is removed when it is sent", "flow/shelf.cpp", "                         if (ok) {",
          "                         if (ok) {\n                             store_->received(named, false);",
          ("kept-until-it-is-there",)),
    Fault("durable: told accepted before it is on disk", "mesh_durable.cpp", "    shelf_.accept(member, host,",
          "    accepted(std::exchange(about.accepting, 0), host, \"spooled\", now);\n    shelf_.accept(member, host,",
          ("accepted-is-on-disk",)),
    Fault("durable: to another run without `redelivered`", "flow/shelf.cpp",
          "(held.sent_for == kNoRun ? fresh : again)", "(held.sent_for == kNoRun || run != kNoRun ? fresh : again)",
          ("never-twice-unmarked",)),
    Fault("durable: sent before that is written down", "flow/out_flow.cpp",
          "if (class_ == FlowClass::durable && h.sent_for != destination_) return nullptr;", "",
          ("written-down-before-it-is-sent",)),
    Fault("durable: a later start is sent before an older is through", "flow/custody.cpp",
          "flow == nullptr || flow->empty() || flow->run() == run;", "flow == nullptr || run != kNoRun;",
          ("in-order",) + HALT),
    Fault("durable: how far a flow came is forgotten", "flow/in_flow.cpp", "    next_ = mark + 1;", "    next_ = mark > 0 ? 1 : 1;",
          ("done-once", "never-twice-unmarked", "receipted-is-on-disk")),
    Fault("durable: net is done with an answer before it has its row", "mesh_durable.cpp",
          "    shelf_.accept(member, host, std::move(held), parcel.answered,",
          "    if (parcel.answered != 0) store_->done_with(std::exchange(parcel.answered, 0));\n"
          "    shelf_.accept(member, host, std::move(held), parcel.answered,", ("durable-ends", "one-answer")),
    Fault("durable: all rows of a flow are loaded", "flow/shelf.cpp", "loaded.first < kMostLoaded && loaded.second",
          "loaded.first < kMostLoaded || loaded.second", ("queues-are-bounded",)),
    Fault("durable: what an earlier start left is not looked for", "flow/shelf.cpp",
          "for (const StoredRow& row : *flows) flow_of(row.member, row.app).more = true;", "", HALT),
    Fault("durable: the mark is not in the transaction of the row", "tests/sim/mesh/arriving.cpp",
          "    batch.changes.emplace_back(std::move(mark));\n",
          "    around_.later(Time(300), [this, mark] { disk_.write({mark}, {}); });\n",
          ("done-once", "kept-until-it-is-there")),
    Fault("durable: that it is handed on is not written", "tests/sim/mesh/inbox.cpp",
          "        changes.emplace_back(MarkHanded{id});\n", "", ("written-down-before-it-is-handed", "never-twice-unmarked")),
    Fault("durable: what comes again is not marked", "tests/sim/mesh/inbox.cpp", "if (row.handed > 1 &&",
          "if (row.handed > 9 &&", ("never-twice-unmarked",)),
    Fault("durable: the answer is not in the transaction that ends its question", "tests/sim/mesh/inbox.cpp",
          "    for (const Datapack& answer : answers) add_answer(batch, answer);\n",
          "    for (const Datapack& answer : answers) {\n        around_.later(Time(500), [this, answer] {\n"
          "            Batch alone;\n            add_answer(alone, answer);\n            commit(std::move(alone), [](bool) {});\n"
          "        });\n    }\n", ("one-answer", "done-once")),
    Fault("durable: a question stays open when its answer is there", "tests/sim/mesh/arriving.cpp",
          "            batch.changes.emplace_back(RemoveOut{{a.question}});\n", "", ("one-answer",)),
    Fault("durable: refused before those in front of them are written", "tests/sim/mesh/arriving.cpp",
          "    of.writing.erase(half, of.writing.end());\n    write(flow);",
          "    of.writing.erase(half, of.writing.end());\n    write(flow);\n"
          "    for (const Arrival& a : std::exchange(flows_[flow].refused, {})) a.written(false);", ("done-once",)),
]
