#include "daemon/durable/stored.hpp"

#include "msw/decoder.hpp"
#include "msw/encoder.hpp"

#include <charconv>
#include <chrono>

namespace msw::durable {

spool::Seconds now() noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

Result<spool::Seconds> end_of(const Datapack& d, spool::Seconds now) {
    const std::string_view text = d.get("expires");
    if (text.empty()) return now + kLifetime;
    constexpr spool::Seconds kYear9999 = 253'402'300'799;
    spool::Seconds end = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), end);
    if (status != std::errc{} || rest != text.data() + text.size() || end < 0 || end > kYear9999) {
        return Error{Code::bad_request,
                     "`expires` is \"" + std::string(text.substr(0, 32)) + "\"; it takes a time in seconds since 1970"};
    }
    return end;
}

Result<std::string> to_bytes(const Datapack& d) {
    if (d.method == "file") {
        return Error{Code::unsupported, "a file can't be durable; send it without, or its bytes as a body"};
    }
    return encode(d, Dialect::v1);
}

Result<Datapack> from_bytes(std::string_view bytes) {
    Decoder decoder;
    decoder.feed(bytes);
    switch (decoder.next()) {
        case Decoder::Event::datapack: return std::move(decoder.datapack());
        case Decoder::Event::error: return decoder.error();
        default: return Error{Code::bad_request, "it is not whole"};
    }
}

std::vector<LogField> journal_fields(const Datapack& d) {
    return {{"MSW_FLAG", d.get("flag")}, {"MSW_FROM", d.get("from")}, {"MSW_ID", d.get("id")}};
}

bool more_follow(const Datapack& answer) noexcept {
    return answer.head.has("part") && answer.get("end") != "1" && answer.get("error").empty();
}

}  // namespace msw::durable
