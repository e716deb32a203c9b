// The app `log`: what it receives becomes a line of log.txt and a line of the journal.
#include "plugins/log/log.hpp"

#include "base/json.hpp"
#include "plugins/log/line.hpp"

#include <cstdint>

namespace msw::log_plugin {
namespace {

std::string folder_of(const plugin::Host& host) {
    const Result<Json> folder = Json::parse(host.setting("log_dir").value_or("\"\""));
    return folder && !folder->as_string().empty() ? folder->as_string() : ".";
}

}  // namespace

Logger::Logger(plugin::Host host) : host_(host), file_(folder_of(host)) {}

void Logger::run() {
    while (const std::optional<plugin::Handle> handle = host_.get_handle()) {
        const bool is_get = handle->method() == "get";
        if (!is_get && handle->method() != "post" && handle->method() != "file") continue;
        take(*handle);
        if (!is_get) continue;
        if (Result<void> sent = host_.put(handle->copy().reply(), kAnswerPatienceMs); !sent) {
            host_.log(MSW_WARNING,
                      "the answer to " + std::string(handle->get("from")) + " is lost: " + sent.error().text,
                      {{"MSW_FLAG", handle->get("flag")}});
        }
    }
}

void Logger::take(const plugin::Handle& d) {
    read_settings();
    const std::string line = log_line(d.get("from"), d.method() == "file" ? d.get("filename") : d.body());
    host_.log(MSW_INFO, line, {{"MSW_FLAG", d.get("flag")}, {"MSW_FROM", d.get("from")}, {"MSW_ID", d.get("id")}});
    const Result<void> written = file_.append(line, rotation_);
    if (written && missed_ > 0) {
        host_.log(MSW_NOTICE, file_.path() + " is written again; " + std::to_string(missed_) +
                                  " lines are missing there and stand in the journal only");
        missed_ = 0;
    } else if (!written && missed_++ == 0) {
        host_.log(MSW_ERR,
                  "can't write " + written.error().text + "; until that is better, lines stand in the journal only");
    }
}

void Logger::read_settings() {
    std::optional<std::string> json = host_.setting("log");
    if (settings_read_ && json == settings_) return;
    settings_read_ = true;
    settings_ = std::move(json);
    ObjectSetting object("log", settings_);
    rotation_.max_bytes =
        static_cast<std::uint64_t>(object.whole("max_bytes", 10LL * 1024 * 1024, 1024, INT64_MAX / 2));
    rotation_.keep = static_cast<unsigned>(object.whole("keep", 4, 0, 1000));
    for (const std::string& complaint : object.complaints()) host_.log(MSW_WARNING, complaint);
}

static void run(plugin::Queues& queues) { Logger(queues.host).run(); }

}  // namespace msw::log_plugin

MSW_PLUGIN("log", msw::log_plugin::run)
