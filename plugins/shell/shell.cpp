#include "plugins/shell/shell.hpp"

#include "base/json.hpp"
#include "base/system_error.hpp"
#include "plugins/shell/environment.hpp"

#include <sys/eventfd.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

namespace msw::shell {
namespace {

constexpr int kAnswerPatienceMs = 30000;
constexpr int kRefusalPatienceMs = 1000;

std::string text_setting(const plugin::Host& host, const char* key) {
    const std::optional<std::string> json = host.setting(key);
    if (!json) return {};
    const Result<Json> value = Json::parse(*json);
    return value ? value->as_string() : std::string();
}

/// mswd is in bin/, what it starts in lib/mswd/ beside that.
std::string exec_program_of(const std::string& mswd) {
    const std::string bin = mswd.substr(0, mswd.rfind('/'));
    return bin.substr(0, bin.rfind('/')) + "/lib/mswd/mswd-exec";
}

/// @return the beginning of a command, on one line, for the journal
std::string shown(std::string_view line) {
    constexpr std::size_t kShown = 200;
    std::string out(line.substr(0, kShown));
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return line.size() > kShown ? out + " …" : out;
}

/// @return why this can't be run, or nothing
std::optional<Error> objection(const plugin::Handle& question) {
    const std::string_view body = question.body();
    if (question.method() == "file") return Error{Code::bad_request, "shell takes `post` and `get`, not a file"};
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return Error{Code::bad_request, "shell: no command; write it as the body: shell:uptime"};
    }
    if (question.get("redelivered") == "1") {
        return Error{Code::interrupted,
                     "this command may have run already: mswd was interrupted since, so it is not run again"};
    }
    if (body.find('\0') != std::string_view::npos) return Error{Code::bad_request, "a command can't hold a NUL byte"};
    if (body.size() > kLongestCommand) {
        return Error{Code::too_large, "a command has at most " + std::to_string(kLongestCommand) +
                                          " bytes; send a longer script as a file and run that"};
    }
    return std::nullopt;
}

Datapack answer_with(const Datapack& question, const Outcome& outcome, std::chrono::seconds timeout) {
    if (outcome.how == Outcome::How::timed_out) {
        return question.error_reply(
            Code::timeout,
            outcome.output.text("ended after " + std::to_string(timeout.count()) + " s, the time this command had"));
    }
    if (outcome.how == Outcome::How::interrupted) {
        return question.error_reply(Code::interrupted, outcome.output.text("ended because mswd is stopping"));
    }
    Datapack answer = question.reply();
    answer.set("exit", std::to_string(outcome.exit));
    answer.body = outcome.output.text();
    return answer;
}

}  // namespace

Shell::Shell(plugin::Host host)
    : host_(host),
      exec_program_(exec_program_of(text_setting(host, "program"))),
      folder_(text_setting(host, "file_root")),
      host_id_(text_setting(host, "id")),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
    if (!stop_) throw std::system_error(errno, std::generic_category(), "eventfd");
    std::vector<std::string> complaints;
    (void)read_settings(host_.setting("shell"), complaints);
    for (const std::string& complaint : complaints) host_.log(MSW_WARNING, complaint);
    if (::access(exec_program_.c_str(), X_OK) != 0) {
        host_.log(MSW_ERR, "commands can't be run: " + exec_program_ + ": " + system_says(errno));
    }
}

Settings Shell::settings() const {
    std::vector<std::string> said_at_the_start;
    return read_settings(host_.setting("shell"), said_at_the_start);
}

void Shell::run() {
    std::vector<std::thread> workers(settings().parallel);
    for (std::thread& worker : workers) worker = std::thread([this] { work(); });
    while (std::optional<plugin::Handle> question = host_.get_handle()) receive(*std::move(question));
    stopping_ = true;
    const std::uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    backlog_.close();
    for (std::thread& worker : workers) worker.join();
}

void Shell::receive(plugin::Handle question) {
    if (question.method() == "reply") {
        host_.raw()->done(host_.raw()->self, question.raw());
        return;
    }
    std::optional<Error> no = objection(question);
    if (!no && backlog_.push(question)) return;
    if (!no) {
        no = Error{Code::queue_full,
                   std::to_string(kMostWaiting) + " commands wait here already; try again when some have ended"};
    }
    finish(question, question.copy().error_reply(no->code, no->text));
}

void Shell::work() {
    while (const std::optional<plugin::Handle> question = backlog_.pop()) finish(*question, answer(*question));
}

Datapack Shell::answer(const plugin::Handle& handle) const {
    const Datapack question = handle.copy();
    if (stopping_) return question.error_reply(Code::interrupted, "mswd is stopping; this command was not started");
    const Settings now = settings();
    const Result<std::chrono::seconds> timeout = timeout_for(question.get("timeout"), now);
    if (!timeout) return question.error_reply(timeout.error().code, timeout.error().text);
    const Result<Outcome> outcome = run_command({.exec_program = exec_program_,
                                                 .line = question.body,
                                                 .folder = folder_.empty() ? "/" : folder_,
                                                 .environment = command_environment(::environ, host_id_, folder_),
                                                 .timeout = *timeout,
                                                 .max_output = now.max_output},
                                                stop_.get());
    if (!outcome) return question.error_reply(outcome.error().code, outcome.error().text);
    return answer_with(question, *outcome, *timeout);
}

void Shell::finish(const plugin::Handle& question, const Datapack& answer) const {
    const std::string_view error = answer.get("error");
    const std::string result = error.empty() ? "exit " + std::string(answer.get("exit")) : std::string(error);
    const std::pair<std::string_view, std::string_view> flag{"MSW_FLAG", question.get("flag")};
    const std::pair<std::string_view, std::string_view> from{"MSW_FROM", question.get("from")};
    const std::pair<std::string_view, std::string_view> id{"MSW_ID", question.get("id")};
    const std::pair<std::string_view, std::string_view> by{"MSW_BY", question.get("by")};
    host_.log(MSW_INFO, result + ": " + shown(question.body()), {flag, from, id, by});
    // Answers of commands wait for room; a refusal, sent by the receiving thread, mustn't keep it from hearing "stop".
    const bool refused = error == wire_name(Code::bad_request) || error == wire_name(Code::queue_full);
    if (Result<void> sent = host_.put(answer, refused || stopping_ ? kRefusalPatienceMs : kAnswerPatienceMs); !sent) {
        host_.log(MSW_WARNING, "an answer is lost: " + sent.error().text, {flag, from, id});
    }
    host_.raw()->done(host_.raw()->self, question.raw());
}

static void run(plugin::Queues& queues) { Shell(queues.host).run(); }

}  // namespace msw::shell

MSW_PLUGIN_WITH("shell", msw::shell::run, MSW_SAYS_DONE)
