// Why a TLS connection failed, in words for people, from what OpenSSL left in its error queue.
#pragma once

#include "msw/error.hpp"

namespace msw::net {

/// Empties this thread's error queue (ERR_get_error(3)). It is there whoever left something in it, so a call of OpenSSL
/// that is to be judged by it stands between two of these.
void forget_tls_faults() noexcept;

/// @return what the oldest error of this thread's queue means; the queue is empty then. Thread: any.
[[nodiscard]] Error take_tls_fault();

}  // namespace msw::net
