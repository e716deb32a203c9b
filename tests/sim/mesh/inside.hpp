// What the simulator looks at inside a mesh: whether its state stays within bounds, what it believes of the others. The
// mesh itself has no door for that, as nothing but a test may depend on it; an explicit instantiation may name what is
// private ([temp.spec.general]/6).
#pragma once

#include "plugins/net/core/mesh.hpp"

namespace msw::sim {

template <class Tag, typename Tag::Member member>
struct Opened {
    friend typename Tag::Member open(Tag /*tag*/) { return member; }
};

struct RoutesPart {
    using Member = net::Routes net::Mesh::*;
    friend Member open(RoutesPart /*tag*/);
};
struct CustodyPart {
    using Member = net::Custody net::Mesh::*;
    friend Member open(CustodyPart /*tag*/);
};
struct ArrivalsPart {
    using Member = net::Arrivals net::Mesh::*;
    friend Member open(ArrivalsPart /*tag*/);
};
struct QuestionsPart {
    using Member = net::Questions net::Mesh::*;
    friend Member open(QuestionsPart /*tag*/);
};
struct OutboxPart {
    using Member = net::Outbox net::Mesh::*;
    friend Member open(OutboxPart /*tag*/);
};

template struct Opened<RoutesPart, &net::Mesh::routes_>;
template struct Opened<CustodyPart, &net::Mesh::custody_>;
template struct Opened<ArrivalsPart, &net::Mesh::arrivals_>;
template struct Opened<QuestionsPart, &net::Mesh::questions_>;
template struct Opened<OutboxPart, &net::Mesh::outbox_>;

[[nodiscard]] inline const net::Routes& routes_of(const net::Mesh& mesh) { return mesh.*open(RoutesPart{}); }
[[nodiscard]] inline const net::Custody& custody_of(const net::Mesh& mesh) { return mesh.*open(CustodyPart{}); }
[[nodiscard]] inline const net::Arrivals& arrivals_of(const net::Mesh& mesh) { return mesh.*open(ArrivalsPart{}); }
[[nodiscard]] inline const net::Questions& questions_of(const net::Mesh& mesh) { return mesh.*open(QuestionsPart{}); }
[[nodiscard]] inline const net::Outbox& outbox_of(const net::Mesh& mesh) { return mesh.*open(OutboxPart{}); }

}  // namespace msw::sim
