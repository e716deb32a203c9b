// What OpenSSL keeps for a thread of a pool. Such threads end after OpenSSL has, so it would never be given back
// (OPENSSL_thread_stop(3)).
#pragma once

#include <openssl/crypto.h>

namespace msw {

/// To be made first in a job that signs, checks or digests. Thread: the one of the job.
struct OpensslThread {
    OpensslThread() = default;
    OpensslThread(const OpensslThread&) = delete;
    OpensslThread& operator=(const OpensslThread&) = delete;
    OpensslThread(OpensslThread&&) = delete;
    OpensslThread& operator=(OpensslThread&&) = delete;
    ~OpensslThread() { OPENSSL_thread_stop(); }
};

}  // namespace msw
