#include "plugins/net/io/vitals.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <cstddef>

namespace msw::net {

Vitals vitals_of(int fd) noexcept {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
    const bool has_window = size >= offsetof(tcp_info, tcpi_snd_wnd) + sizeof info.tcpi_snd_wnd;  // Linux 5.4
    return {Time(info.tcpi_last_ack_recv), has_window && info.tcpi_snd_wnd == 0, Time(info.tcpi_rto / 1000),
            info.tcpi_backoff};
}

}  // namespace msw::net
