#include "plugins/update/launcher/options.hpp"

#include <cstdlib>
#include <string_view>

namespace msw::launcher {

Options read_options(const char* const* argv) {
    constexpr std::string_view kStateDir = "--state-dir";
    Options options;
    const char* const from_service = std::getenv("STATE_DIRECTORY");
    options.state_dir = from_service != nullptr && *from_service != '\0' ? from_service : "/var/lib/mswd";
    options.state_dir = options.state_dir.substr(0, options.state_dir.find(':'));
    for (std::size_t i = 1; argv[0] != nullptr && argv[i] != nullptr; ++i) {
        const std::string_view argument = argv[i];
        if (argument == kStateDir && argv[i + 1] != nullptr) {
            options.state_dir = argv[++i];
        } else if (argument.substr(0, kStateDir.size() + 1) == "--state-dir=") {
            options.state_dir = argument.substr(kStateDir.size() + 1);
        } else if (argument == "--version" || argument == "--check-config" || argument == "--help" ||
                   argument == "--help-json" || argument == "-h") {
            options.only_once = true;
        }
    }
    return options;
}

}  // namespace msw::launcher
