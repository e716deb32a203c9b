// Any bytes, in any cut: the same Datapacks, the same error, and never more memory than the limits allow.
#include "msw/decoder.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr msw::DecoderLimits kLimits{1024, 16, 4096, 1 << 20};

void require(bool kept) {
    if (!kept) std::abort();
}

/// Lengths first, so that no two stories read the same.
void tell(std::string& said, std::string_view text) {
    said.append(std::to_string(text.size())).append(":").append(text);
}

void tell(std::string& said, const msw::Datapack& d) {
    require(d.head.size() <= kLimits.fields && d.body.size() <= kLimits.body);
    said += d.version == msw::Version::v1 ? "D1 " : "D0 ";
    tell(said, d.method);
    tell(said, d.app);
    for (const msw::Field f : d.head) {
        tell(said, f.name);
        tell(said, f.value);
        require(f.name.size() + f.value.size() < kLimits.head && d.head.get(f.name) == f.value);
    }
    tell(said, d.body);
}

/// How the bytes are cut: all at once, one by one, or by a number.
class Cuts {
public:
    explicit Cuts(std::size_t step) : step_(step) {}
    static Cuts by(std::uint8_t seed) {
        Cuts cuts(0);
        cuts.state_ = seed * 2654435761U + 1;
        return cuts;
    }
    std::size_t next() {
        if (step_ > 0) return step_;
        state_ = state_ * 1664525U + 1013904223U;
        // Mostly small, so that cuts fall into every token; now and then far, so that several Datapacks arrive at once.
        return 1U + (state_ >> 24U) % ((state_ >> 16U) % 8U == 0 ? 200U : 7U);
    }

private:
    std::size_t step_;
    std::uint32_t state_ = 0;
};

/// Everything a decoder says about `bytes` cut so, as one text.
std::string decode(std::string_view bytes, Cuts cuts) {
    msw::Decoder decoder(kLimits);
    std::string said;
    std::string file;
    while (!bytes.empty()) {
        const std::string_view part = bytes.substr(0, cuts.next());
        bytes.remove_prefix(part.size());
        decoder.feed(part);
        for (bool more = true; more;) {
            switch (decoder.next()) {
                case msw::Decoder::Event::more:
                    more = false;
                    require(decoder.next() == msw::Decoder::Event::more);
                    break;
                case msw::Decoder::Event::error:
                    require(!decoder.error().text.empty() && !decoder.at_boundary());
                    decoder.feed("post a msw/1\nlength: 0\n\n");
                    require(decoder.next() == msw::Decoder::Event::error);
                    return said + "E" + decoder.error().text;
                case msw::Decoder::Event::piece:
                    require(!decoder.piece().empty());
                    file += decoder.piece();
                    break;
                case msw::Decoder::Event::file:
                    require(decoder.file_size() <= kLimits.file);
                    file.clear();
                    said += "F" + std::to_string(decoder.file_size());
                    tell(said, decoder.datapack());
                    break;
                case msw::Decoder::Event::file_end:
                    require(file.size() == decoder.file_size());
                    said += '.';
                    tell(said, file);
                    file.clear();
                    break;
                case msw::Decoder::Event::datapack: tell(said, decoder.datapack()); break;
            }
        }
    }
    if (!file.empty()) tell(said, file);
    return said + (decoder.at_boundary() ? "" : "~");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string whole = decode(bytes, Cuts(bytes.size()));
    require(decode(bytes, Cuts(1)) == whole);
    require(decode(bytes, Cuts::by(data[0])) == whole);
    return 0;
}
