// Any text as a configuration: good, or faults that each name a line and a column.
#include "daemon/config.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const msw::Result<msw::Config> config = msw::parse_config(text, "c");
    if (!config && config.error().text.substr(0, 2) != "c:") std::abort();
    if (config && !msw::parse_config(config->raw.dump(), "c")) std::abort();
    return 0;
}
