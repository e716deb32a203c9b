#include "plugins/update/update.hpp"

#include "base/json.hpp"
#include "msw/target.hpp"
#include "plugins/update/send.hpp"

#include <unistd.h>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace msw::update {
namespace {

constexpr int kPatienceMs = 30000;

constexpr std::string_view kWords =
    "update knows: `compress` with a field update_to (update:compress;update_to:*), and `status`; "
    "a `file` with a digest is installed";

Json setting(const plugin::Host& host, const char* key) {
    const std::optional<std::string> json = host.setting(key);
    if (!json) return {};
    Result<Json> value = Json::parse(*json);
    return value ? std::move(value).value() : Json();
}

/// The program as the kernel knows it: a link such as `current` must not stand for what it points to by then.
std::string real_program(const plugin::Host& host) {
    const std::string given = setting(host, "program").as_string();
    std::error_code failed;
    const std::filesystem::path real = std::filesystem::canonical(given, failed);
    return failed ? given : real.string();
}

std::string with_thousands(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
    return text;
}

std::string_view trimmed(std::string_view body) noexcept {
    while (!body.empty() && (body.back() == '\n' || body.back() == ' ')) body.remove_suffix(1);
    return body;
}

}  // namespace

Update::Update(plugin::Host host)
    : host_(host),
      program_(real_program(host)),
      file_root_(setting(host, "file_root").as_string()),
      releases_(setting(host, "state_dir").as_string(), program_) {}

void Update::run() {
    releases_.clean_up();
    if (const std::string failed = releases_.failed(); !failed.empty()) {
        host_.log(MSW_WARNING, "the last update to be given up was release " + failed);
    }
    while (const std::optional<plugin::Handle> handle = host_.get_handle()) take(handle->copy());
}

void Update::take(const Datapack& d) {
    const std::string_view word = trimmed(d.body);
    if (d.method == "reply") {
        note_answer(d);
    } else if (d.method == "file") {
        install(d);
    } else if (word == "compress") {
        answer(compress(d));
    } else if (word == "status") {
        answer(status(d));
    } else {
        answer(d.error_reply(Code::bad_request, kWords));
    }
}

Datapack Update::compress(const Datapack& asked) {
    const std::string targets(asked.get("update_to"));
    if (targets.empty()) {
        return asked.error_reply(Code::bad_request,
                                 "which hosts? Write update:compress;update_to:miku, or update_to:* "
                                 "for all (in a shell: -f update_to='*')");
    }
    if (const auto parsed = parse_targets(targets); !parsed) {
        return asked.error_reply(parsed.error().code, "update_to: " + parsed.error().text);
    }
    const Json folders = setting(host_, "own_plugin_dirs");
    std::vector<std::string> own_plugins;
    for (const Json& folder : folders.items()) own_plugins.push_back(folder.as_string());
    Result<Wrapped> wrapped = wrap_up(program_, own_plugins, file_root_);
    if (!wrapped) return asked.error_reply(wrapped.error().code, wrapped.error().text);

    Datapack file("file", "update");
    sent_flag_ = new_flag();
    sent_name_ = wrapped->filename;
    answers_.clear();
    file.set("flag", sent_flag_);
    file.set("to", targets);
    file.set("filename", wrapped->filename);
    file.set("digest", wrapped->packed.digest);
    file.file = wrapped->file;
    if (Result<void> sent = host_.put(file, kPatienceMs); !sent) {
        return asked.error_reply(sent.error().code, "the update is packed but can't be sent: " + sent.error().text);
    }
    Datapack reply = asked.reply();
    reply.set("digest", wrapped->packed.digest);
    reply.body = "release " + release::short_digest(wrapped->packed.digest) + ": " +
                 std::to_string(wrapped->packed.manifest.files.size()) + " files, packed in " +
                 with_thousands(wrapped->packed.bytes) + " bytes; on its way to " + targets +
                 " (what becomes of it: update:status)\n";
    for (const std::string& what : wrapped->left_out) reply.body += "left out: " + what + '\n';
    host_.log(MSW_NOTICE, trimmed(reply.body), {{"MSW_FLAG", asked.get("flag")}, {"MSW_ID", asked.get("id")}});
    return reply;
}

Datapack Update::status(const Datapack& asked) const {
    Json answers = Json::array();
    for (const auto& [host, said] : answers_) {
        answers.push(Json::object({{"host", host}, {"error", said.error}, {"text", said.text}}));
    }
    Json all = releases_.status();
    all.set("last_error", last_error_).set("answers", std::move(answers));
    Datapack reply = asked.reply();
    reply.body = all.dump(2) + '\n';
    return reply;
}

void Update::install(const Datapack& d) {
    const std::string digest(d.get("digest"));
    const auto done = [&]() -> Result<Releases::Installed> {
        if (!d.file) return Error{Code::bad_request, "the update has no file"};
        return releases_.install(d.file->fd(), digest);
    }();
    remove_received(d);
    const std::string name = "release " + release::short_digest(digest);
    Datapack reply = d.reply();
    if (!done) {
        last_error_ = "from " + std::string(d.get("id")) + ": " + done.error().text;
        reply = d.error_reply(done.error().code, done.error().text);
    } else if (done->runs_already) {
        reply.body = "already running " + name;
    } else {
        reply.body = "installed " + name + ": " + std::to_string(done->files) + " files; restarting";
        last_error_.clear();
    }
    reply.set("digest", digest);
    host_.log(done ? MSW_NOTICE : MSW_ERR, "update from " + std::string(d.get("id")) + ": " + reply.body,
              {{"MSW_FLAG", d.get("flag")}, {"MSW_FROM", d.get("from")}, {"MSW_ID", d.get("id")}});
    answer(reply);
    if (!done || done->runs_already) return;
    if (Result<void> sent = host_.put(Datapack("post", "mswd", "restart"), kPatienceMs); !sent) {
        host_.log(MSW_ERR, "the new release is installed, but mswd can't be restarted: " + sent.error().text);
    }
}

void Update::note_answer(const Datapack& reply) {
    const std::string host(reply.get("id"));
    const std::string error(reply.get("error"));
    host_.log(error.empty() ? MSW_NOTICE : MSW_WARNING,
              (host.empty() ? "an update" : host) + ": " + (error.empty() ? "" : error + ": ") +
                  std::string(trimmed(reply.body)),
              {{"MSW_FLAG", reply.get("flag")}, {"MSW_ID", host}});
    if (reply.get("flag") != sent_flag_ || (answers_.size() >= kMostAnswers && !answers_.contains(host))) return;
    answers_[host] = Answer{error, std::string(trimmed(reply.body))};
}

void Update::answer(const Datapack& answer) const {
    if (Result<void> sent = host_.put(answer, kPatienceMs); !sent) {
        host_.log(MSW_WARNING, "an answer is lost: " + sent.error().text, {{"MSW_FLAG", answer.get("flag")}});
    }
}

/// What came in is unpacked, or worthless: it must not fill the disk. What we sent ourselves stays.
void Update::remove_received(const Datapack& d) const {
    const std::string name(d.get("filename"));
    const std::string folder = std::string(kArchives) + '/';
    const bool ours_to_remove = name.compare(0, folder.size(), folder) == 0 && name.size() > folder.size() &&
                                name.find('/', folder.size()) == std::string::npos && name != sent_name_;
    if (ours_to_remove) (void)::unlink((file_root_ + '/' + name).c_str());
}

static void run(plugin::Queues& queues) { Update(queues.host).run(); }

}  // namespace msw::update

MSW_PLUGIN("update", msw::update::run)
