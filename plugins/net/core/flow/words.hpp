// What a destination and an origin tell each other about their flows: the bodies of `link receipt` and `link window`.
// Source: docs/protocol.md, "Flows".
//
//     receipt:  o 9f86d081884c7d65 shell 17            all up to 17 has arrived
//               d 9f86d081884c7d65 update 3 06         and 5 and 6 are there, behind a gap
//     window:   o 9f86d081884c7d65 shell credit 66048  offset up to which may be sent
//               o 9f86d081884c7d65 shell low 20 4711   nothing below 20 is held; 20 begins at that offset
#pragma once

#include "msw/result.hpp"
#include "plugins/net/core/flow/envelope.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace msw::net {

/// Names a flow between two hosts.
struct FlowName {
    FlowClass flow_class = FlowClass::ordinary;
    Run run = kNoRun;  ///< the origin's, that its numbers belong to
    std::string app;   ///< `@` for all answers

    friend auto operator<=>(const FlowName&, const FlowName&) = default;  // NOLINT(modernize-use-nullptr)
};

struct ReceiptWord {
    FlowName flow;
    std::uint64_t mark = 0;
    std::string beyond;  ///< as InFlow::beyond() gives it

    friend bool operator==(const ReceiptWord&, const ReceiptWord&) = default;
};
struct CreditWord {
    FlowName flow;
    std::uint64_t offset = 0;

    friend bool operator==(const CreditWord&, const CreditWord&) = default;
};
struct LowWord {
    FlowName flow;
    std::uint64_t low = 1;
    std::uint64_t at = 0;

    friend bool operator==(const LowWord&, const LowWord&) = default;
};
using WindowWord = std::variant<CreditWord, LowWord>;

/// Lines that one frame may have.
inline constexpr std::size_t kMostWords = 64;

void write_word(const ReceiptWord& word, std::string& body);
void write_word(const WindowWord& word, std::string& body);

/// @return the lines of a body; or Code::bad_request and the line that makes no sense
[[nodiscard]] Result<std::vector<ReceiptWord>> parse_receipts(std::string_view body);
[[nodiscard]] Result<std::vector<WindowWord>> parse_windows(std::string_view body);

}  // namespace msw::net
