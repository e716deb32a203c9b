#include "plugins/shell/environment.hpp"

#include <algorithm>
#include <array>

namespace msw::shell {
namespace {

constexpr std::array<std::string_view, 11> kPassedOn{
    "HOME", "LANG", "LANGUAGE", "LOGNAME", "MSW_SOCKET", "PATH", "SHELL", "TMPDIR", "TZ", "USER", "XDG_RUNTIME_DIR",
};

bool passed_on(std::string_view name) noexcept {
    return name.substr(0, 3) == "LC_" || std::find(kPassedOn.begin(), kPassedOn.end(), name) != kPassedOn.end();
}

}  // namespace

std::vector<std::string> command_environment(const char* const* environ, std::string_view host_id,
                                             std::string_view folder) {
    std::vector<std::string> out;
    bool has_path = false;
    for (; *environ != nullptr; ++environ) {
        const std::string_view entry = *environ;
        const std::size_t equals = entry.find('=');
        if (equals == std::string_view::npos || !passed_on(entry.substr(0, equals))) continue;
        if (entry == "PATH=") continue;
        has_path = has_path || entry.substr(0, equals) == "PATH";
        out.emplace_back(entry);
    }
    if (!has_path) out.push_back("PATH=" + std::string(kDefaultPath));
    out.push_back("MSW_ID=" + std::string(host_id));
    out.push_back("MSW_FILES=" + std::string(folder));
    return out;
}

}  // namespace msw::shell
