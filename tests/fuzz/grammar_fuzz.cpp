// The command and the target grammar: any text gives a value or a sentence; what is written is read back.
#include "msw/command.hpp"
#include "msw/host_id.hpp"
#include "msw/target.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const msw::Result<msw::Datapack> command = msw::parse_command(text);
    if (!command && command.error().text.empty()) std::abort();
    if (command) {
        const msw::Result<msw::Datapack> back = msw::parse_command(msw::write_command(*command));
        if (!back || back->app != command->app || back->body != command->body || !(back->head == command->head)) {
            std::abort();
        }
    }
    if (const msw::Result<std::vector<msw::Target>> targets = msw::parse_targets(text)) {
        for (const msw::Target& target : *targets) {
            for (const std::string& host : target.hosts) {
                if (!msw::valid_host_id(host)) std::abort();
            }
        }
    }
    if (!msw::valid_host_id(msw::host_id_from_name(text))) std::abort();
    return 0;
}
