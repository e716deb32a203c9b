// The one way answers leave.
#pragma once

#include "msw/plugin.hpp"

namespace msw::update {

/// How long a Datapack may take to leave where the receiver has no room.
inline constexpr int kPatienceMs = 30000;

/// Send an answer; that it is lost is a line in the journal.
inline void send_answer(const plugin::Host& host, const Datapack& answer) {
    if (Result<void> sent = host.put(answer, kPatienceMs); !sent) {
        host.log(MSW_WARNING, "an answer is lost: " + sent.error().text, {{"MSW_FLAG", answer.get("flag")}});
    }
}

}  // namespace msw::update
