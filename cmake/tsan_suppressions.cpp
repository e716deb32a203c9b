// What ThreadSanitizer must not judge here. It follows a descriptor from open to close(2), but libuv closes by a bare
// system call that it never sees, so the next file with that number looks as if it raced with the old one. Only calls
// that make or end descriptors are named: races on memory, read(2) and write(2) included, are reported as ever.
extern "C" const char*
__tsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions() {
    return "race:^__interceptor_accept\n"
           "race:^__interceptor_close\n"
           "race:^__interceptor_dup\n"
           "race:^__interceptor_fclose\n"
           "race:^__interceptor_fopen\n"
           "race:^__interceptor_open\n"
           "race:^__interceptor_pipe\n"
           "race:^__interceptor_socket\n";
}
