// What is encoded is decoded again as it was, in both formats; what can't be encoded is refused and writes nothing.
#include "msw/decoder.hpp"
#include "msw/encoder.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

/// Cuts the input into words at 0xFE.
class Words {
public:
    explicit Words(std::string_view rest) : rest_(rest) {}
    std::string next() {
        const std::size_t end = std::min(rest_.find('\xfe'), rest_.size());
        std::string word(rest_.substr(0, end));
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return word;
    }
    [[nodiscard]] bool done() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

void check(const msw::Datapack& d, msw::Dialect dialect) {
    std::string out = "before";
    if (!msw::encode_head(d, dialect, d.body.size(), out)) {
        if (out != "before") std::abort();
        return;
    }
    const std::string bytes = out.substr(6) + d.body;
    msw::Decoder decoder;
    decoder.feed(bytes);
    const msw::Decoder::Event event = decoder.next();
    if (d.method == "file") return;
    if (event == msw::Decoder::Event::error && decoder.error().code == msw::Code::too_large) return;
    if (event != msw::Decoder::Event::datapack) std::abort();
    const msw::Datapack& back = decoder.datapack();
    if (back.method != d.method || back.app != d.app || back.body != d.body || !(back.head == d.head)) std::abort();
    if (!decoder.at_boundary() && decoder.next() != msw::Decoder::Event::more) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Words words({reinterpret_cast<const char*>(data), size});
    msw::Datapack d(words.next(), words.next(), words.next());
    while (!words.done() && d.head.size() < 100) {
        const std::string name = words.next();
        const std::string value = words.next();
        if (name != "length") d.set(name, value);
    }
    if (d.method.size() > 64) return 0;
    check(d, msw::Dialect::v1);
    check(d, msw::Dialect::v0_1);
    check(d, msw::Dialect::old_host);
    return 0;
}
