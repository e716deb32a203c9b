// The app `log`.
#pragma once

#include "base/setting.hpp"
#include "msw/plugin.hpp"
#include "plugins/log/log_file.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace msw::log_plugin {

/// Thread: the module's.
class Logger {
public:
    explicit Logger(plugin::Host host);
    /// Take Datapacks until mswd stops.
    void run();

private:
    static constexpr int kAnswerPatienceMs = 10000;

    void take(const plugin::Handle& d);
    void read_settings();

    plugin::Host host_;
    LogFile file_;
    Rotation rotation_;
    std::optional<std::string> settings_;  // the text that rotation_ was read from
    bool settings_read_ = false;
    std::uint64_t missed_ = 0;  // lines that log.txt lacks since it could last be written
};

}  // namespace msw::log_plugin
