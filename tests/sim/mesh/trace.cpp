#include "tests/sim/mesh/trace.hpp"

#include "tests/sim/mesh/plan.hpp"

#include <ostream>

namespace msw::sim {

void Trace::print(std::ostream& out, std::uint64_t about) const {
    for (const Line& line : lines_) {
        if (about == 0 || line.about == about || line.about == 0) out << to_text(line.at) << "  " << line.text << "\n";
    }
}

}  // namespace msw::sim
