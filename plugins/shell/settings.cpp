#include "plugins/shell/settings.hpp"

#include "base/setting.hpp"

#include <charconv>
#include <cstdint>

namespace msw::shell {

Settings read_settings(const std::optional<std::string>& json, std::vector<std::string>& complaints) {
    ObjectSetting object("shell", json);
    Settings s;
    const auto seconds = [&](std::string_view name, std::chrono::seconds otherwise) {
        constexpr std::int64_t kThirtyDays = 30LL * 24 * 3600;
        return std::chrono::seconds(object.whole(name, otherwise.count(), 1, kThirtyDays));
    };
    s.max_timeout = seconds("max_timeout_s", s.max_timeout);
    s.timeout = std::min(seconds("timeout_s", s.timeout), s.max_timeout);
    s.max_output = static_cast<std::size_t>(
        object.whole("max_output", static_cast<std::int64_t>(s.max_output), 1024, 8 * 1024 * 1024));
    s.parallel = static_cast<unsigned>(object.whole("parallel", s.parallel, 1, 256));
    complaints = object.complaints();
    return s;
}

Result<std::chrono::seconds> timeout_for(std::string_view asked, const Settings& settings) {
    if (asked.empty()) return settings.timeout;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), value);
    const bool whole = error == std::errc() && end == asked.data() + asked.size();
    if (!whole || value < 1 || value > settings.max_timeout.count()) {
        return Error{Code::bad_request, "timeout: a whole number of seconds from 1 to " +
                                            std::to_string(settings.max_timeout.count()) +
                                            " (max_timeout_s in this host's configuration)"};
    }
    return std::chrono::seconds(value);
}

}  // namespace msw::shell
