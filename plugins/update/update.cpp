#include "plugins/update/update.hpp"

#include "base/json.hpp"
#include "plugins/update/answer.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>

namespace msw::update {
namespace {

constexpr std::chrono::milliseconds kLookAgain{250};  // whether a release that runs on trial is there to stay

constexpr std::string_view kWords =
    "update knows: `compress` with a field update_to (update:compress;update_to:*), and `status`; "
    "a `file` with a digest is installed";

constexpr std::string_view kMayHaveRun =
    "this update may have gone out or been installed already: mswd was interrupted since, so it is not done again; "
    "`mswctl call update:status` says what runs";

using Clock = std::chrono::steady_clock;

std::string text_setting(const plugin::Host& host, const char* key) {
    const Result<Json> value = Json::parse(host.setting(key).value_or("null"));
    return value ? value->as_string() : std::string();
}

/// The program as the kernel knows it: a link such as `current` must not stand for what it points to by then.
std::string real_program(const plugin::Host& host) {
    const std::string given = text_setting(host, "program");
    std::error_code failed;
    const std::filesystem::path real = std::filesystem::canonical(given, failed);
    return failed ? given : real.string();
}

std::string_view trimmed(std::string_view body) noexcept {
    while (!body.empty() && (body.back() == '\n' || body.back() == ' ')) body.remove_suffix(1);
    return body;
}

}  // namespace

Update::Update(plugin::Host host)
    : host_(host),
      outgoing_(host, text_setting(host, "id"), real_program(host), text_setting(host, "file_root")),
      incoming_(host, text_setting(host, "state_dir"), real_program(host), text_setting(host, "file_root"),
                [this](const std::string& filename) { return outgoing_.is_ours(filename); }) {}

void Update::run() {
    incoming_.begin();
    while (!host_.stopping()) {
        if (const std::optional<plugin::Handle> handle = host_.get_handle(time_to_wait())) take(handle->copy());
        outgoing_.tick(Clock::now());
        incoming_.settle();
    }
}

int Update::time_to_wait() const {
    using std::chrono::ceil;
    using std::chrono::milliseconds;
    std::optional<Clock::time_point> until = outgoing_.due();
    const Clock::time_point now = Clock::now();
    if (incoming_.owes()) until = std::min(until.value_or(Clock::time_point::max()), now + kLookAgain);
    if (!until) return -1;
    return static_cast<int>(
        std::clamp(ceil<milliseconds>(*until - now), milliseconds(0), milliseconds(3'600'000)).count());
}

void Update::take(const Datapack& d) {
    const std::string_view word = trimmed(d.body);
    if (d.method == "reply") {
        outgoing_.heard(d);
    } else if (d.get("redelivered") == "1" && (d.method == "file" || word == "compress")) {
        send_answer(host_, d.error_reply(Code::interrupted, kMayHaveRun));
    } else if (d.method == "file") {
        incoming_.install(d);
    } else if (word == "compress") {
        outgoing_.compress(d, Clock::now());
    } else if (word == "status") {
        Datapack reply = d.reply();
        Json all = incoming_.status();
        reply.body = all.set("answers", outgoing_.answers()).dump(2) + '\n';
        send_answer(host_, reply);
    } else {
        send_answer(host_, d.error_reply(Code::bad_request, kWords));
    }
}

static void run(plugin::Queues& queues) { Update(queues.host).run(); }

}  // namespace msw::update

MSW_PLUGIN("update", msw::update::run)
