// Any bytes, in any cut: the same Datapacks, the same error, and never more memory than the limits allow.
#include "msw/decoder.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

/// Everything a decoder says about `bytes` fed in steps of `step`, as one text.
std::string decode(std::string_view bytes, std::size_t step) {
    msw::Decoder decoder({1024, 16, 4096, 1 << 20});
    std::string said;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        decoder.feed(bytes.substr(at, step));
        for (bool more = true; more;) {
            switch (decoder.next()) {
                case msw::Decoder::Event::more: more = false; break;
                case msw::Decoder::Event::error: return said + "E" + decoder.error().text;
                case msw::Decoder::Event::piece: said += decoder.piece(); break;
                case msw::Decoder::Event::file: said += "F" + std::to_string(decoder.file_size()) + ":"; break;
                case msw::Decoder::Event::file_end: said += "."; break;
                case msw::Decoder::Event::datapack: {
                    const msw::Datapack& d = decoder.datapack();
                    said += "D" + d.method + ' ' + d.app;
                    for (const msw::Field f : d.head) said.append("|").append(f.name).append("=").append(f.value);
                    said += '#' + d.body;
                    break;
                }
            }
        }
    }
    return said + (decoder.at_boundary() ? "" : "~");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = decode(bytes, bytes.size() + 1);
    const std::string cut = decode(bytes, 1U + data[0] % 61U);
    if (whole != cut) std::abort();
    return 0;
}
