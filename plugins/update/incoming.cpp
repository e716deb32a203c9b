#include "plugins/update/incoming.hpp"

#include "base/supervised.hpp"
#include "plugins/update/answer.hpp"
#include "plugins/update/send.hpp"

#include <unistd.h>
#include <utility>

namespace msw::update {
Incoming::Incoming(plugin::Host host, const std::string& state_dir, const std::string& program, std::string file_root,
                   std::function<bool(const std::string&)> keep)
    : host_(host),
      file_root_(std::move(file_root)),
      keep_(std::move(keep)),
      releases_(state_dir, program),
      file_(releases_.folder()),
      owed_(file_.read()) {}

void Incoming::begin() {
    releases_.clean_up();
    if (const std::string failed = releases_.failed(); !failed.empty()) {
        host_.log(MSW_WARNING, "the last update to be given up was release " + failed);
    }
    settle();
}

void Incoming::install(const Datapack& d) {
    const std::string digest(d.get("digest"));
    const Result<Releases::Installed> done = try_to(d);
    remove_received(d);
    const bool restart = done && !done->runs_already;
    Datapack reply = d.reply();
    if (!done) {
        last_error_ = "from " + std::string(d.get("id")) + ": " + done.error().text;
        reply = d.error_reply(done.error().code, done.error().text);
    } else if (!restart) {
        reply.body = "runs " + release_words(digest, MSW_VERSION) + " already";
    } else {
        reply.body =
            "installed " + release_words(digest, {}) + ": " + std::to_string(done->files) + " files; restarting";
        last_error_.clear();
        if (d.get("stream") == "1") reply.set("part", "0");
    }
    reply.set("digest", digest);
    host_.log(done ? MSW_NOTICE : MSW_ERR, "update from " + std::string(d.get("id")) + ": " + reply.body,
              {{"MSW_FLAG", d.get("flag")}, {"MSW_FROM", d.get("from")}, {"MSW_ID", d.get("id")}});
    if (restart) remember(d);
    send_answer(host_, reply);
    if (!restart) return;
    if (Result<void> sent = host_.put(Datapack("post", "mswd", "restart"), kPatienceMs); !sent) {
        host_.log(MSW_ERR, "the new release is installed, but mswd can't be restarted: " + sent.error().text);
    }
}

Result<Releases::Installed> Incoming::try_to(const Datapack& d) {
    if (!d.file) return Error{Code::bad_request, "the update has no file"};
    const std::string digest(d.get("digest"));
    if (!is_supervised() && digest != releases_.running()) {
        return Error{Code::unsupported,
                     "nothing would start the new release here: this mswd was not started by mswd-launcher (write "
                     "`mswd-launcher` for `mswd`, with the same arguments)"};
    }
    return releases_.install(d.file->fd(), digest);
}

void Incoming::settle() {
    if (!owed_.empty() && !releases_.on_trial()) tell();
}

void Incoming::tell() {
    const Outcome outcome = releases_.outcome();
    for (const Owed& owed : owed_) {
        const Datapack word = final_word(owed, outcome);
        host_.log(word.get("error").empty() ? MSW_NOTICE : MSW_WARNING, word.body,
                  {{"MSW_FLAG", owed.flag}, {"MSW_ID", owed.id}});
        send_answer(host_, word);
    }
    owed_.clear();
    write_owed();
}

void Incoming::remember(const Datapack& d) {
    // What runs ends in good order now, and with that its trial.
    if (!owed_.empty()) tell();
    if (d.get("stream") != "1") return;
    promised_.push_back({std::string(d.get("digest")), std::string(d.get("id")), std::string(d.get("from")),
                         std::string(d.get("flag"))});
    write_owed();
}

void Incoming::write_owed() const {
    std::vector<Owed> all = owed_;
    all.insert(all.end(), promised_.begin(), promised_.end());
    if (Result<void> written = file_.write(all); !written) {
        host_.log(MSW_WARNING, "who sent an update won't hear what became of it: " + written.error().text);
    }
}

Json Incoming::status() const {
    Json all = releases_.status();
    all.set("last_error", last_error_);
    return all;
}

/// What came in is unpacked, or worthless: it must not fill the disk. What we sent ourselves stays.
void Incoming::remove_received(const Datapack& d) const {
    const std::string name(d.get("filename"));
    const std::string folder = std::string(kArchives) + '/';
    const bool ours_to_remove = name.compare(0, folder.size(), folder) == 0 && name.size() > folder.size() &&
                                name.find('/', folder.size()) == std::string::npos && !keep_(name);
    if (ours_to_remove) (void)::unlink((file_root_ + '/' + name).c_str());
}

}  // namespace msw::update
