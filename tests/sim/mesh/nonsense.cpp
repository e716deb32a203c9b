#include "tests/sim/mesh/nonsense.hpp"

#include <initializer_list>
#include <string>
#include <utility>

namespace msw::sim {
namespace {

constexpr std::string_view kNoRun = "00000000000000aa";

Datapack made(const char* method, const char* app, const char* body,
              std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    Datapack d(method, app, body);
    for (const auto& [name, value] : fields) d.set(name, value);
    return d;
}

Datapack of_no_run(std::string_view from, std::string_view to, std::string_view n) {
    return made("post", "p0", "nonsense",
                {{"id", from},
                 {"to", to},
                 {"class", "o"},
                 {"run", kNoRun},
                 {"for", kNoRun},
                 {"n", n},
                 {"low", "1"},
                 {"at", "0"}});
}

}  // namespace

Datapack nonsense(std::uint64_t which, std::string_view from, std::string_view to) {
    switch (which % 14) {
        case 0: return made("link", "foo", "", {});
        case 1:
            return made("link", "receipt", "o zz p0 7\n", {{"id", from}, {"to", to}, {"run", kNoRun}, {"epoch", "0"}});
        case 2:
            return made("link", "window", "o 1 2 3 4 5 6 7 8\n",
                        {{"id", from}, {"to", to}, {"run", kNoRun}, {"epoch", "0"}});
        case 3: return made("link", "hello", "", {});
        case 4: return made("post", "p0", "nonsense", {{"id", from}, {"to", to}});
        case 5: return of_no_run(from, to, "0");
        case 6: return made("post", "p0", "nonsense", {{"id", from}, {"to", "nobody"}, {"hops", "zzz"}});
        case 7: return made("link", "ping", "", {{"n", "abc"}, {"routes", "xyz"}});
        case 8: return made("link", "routes", "what is this\n\nhost x\nmember y\n", {});
        case 9: return of_no_run(from, to, "7");
        case 10: return made("link", "receipt", "", {{"id", "nobody"}, {"to", to}, {"run", kNoRun}, {"epoch", "9"}});
        case 11: return made("post", "p0", "nonsense", {{"id", "*"}, {"to", "-"}});
        case 12: return made("link", "pong", "", {{"n", "18446744073709551615"}});
        default: return made("reply", "p0", "nonsense", {{"id", from}, {"to", to}, {"via", to}, {"flag", kNoRun}});
    }
}

}  // namespace msw::sim
