#include "plugins/update/outgoing.hpp"

#include "base/setting.hpp"
#include "msw/host_id.hpp"
#include "msw/target.hpp"
#include "plugins/update/answer.hpp"
#include "plugins/update/release_state.hpp"
#include "plugins/update/send.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace msw::update {
namespace {

constexpr std::chrono::seconds kTimeForNet{10};
constexpr std::chrono::seconds kDefaultTimeout{120};
constexpr std::size_t kMostAtOnce = 16;
constexpr std::size_t kMostAnswers = 1000;

std::string with_thousands(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
    return text;
}

std::string words_about(const Wrapped& wrapped) {
    return "release " + release::short_digest(wrapped.packed.digest) + ": " +
           std::to_string(wrapped.packed.manifest.files.size()) + " files, packed in " +
           with_thousands(wrapped.packed.bytes) + " bytes";
}

}  // namespace

Outgoing::Outgoing(plugin::Host host, std::string id, std::string program, std::string file_root)
    : host_(host), id_(std::move(id)), program_(std::move(program)), file_root_(std::move(file_root)) {}

void Outgoing::compress(const Datapack& asked, Time now) {
    const std::string targets(asked.get("update_to"));
    if (targets.empty()) {
        send_answer(host_, asked.error_reply(Code::bad_request,
                                             "which hosts? Write update:compress;update_to:miku, or update_to:* "
                                             "for all (in a shell: -f update_to='*')"));
        return;
    }
    if (const auto parsed = parse_targets(targets); !parsed) {
        send_answer(host_, asked.error_reply(parsed.error().code, "update_to: " + parsed.error().text));
        return;
    }
    if (asked_.size() + campaigns_.size() >= kMostAtOnce) {
        send_answer(host_, asked.error_reply(Code::queue_full,
                                             std::to_string(kMostAtOnce) + " updates are on their way already"));
        return;
    }
    Datapack who("get", "net", "targets " + targets);
    asked_.push_back({asked, new_flag(), now + kTimeForNet});
    who.set("flag", asked_.back().flag);
    if (Result<void> sent = host_.put(who, kPatienceMs); !sent) {
        asked_.pop_back();
        send_answer(host_, asked.error_reply(sent.error().code,
                                             "net can't be asked which hosts are meant: " + sent.error().text));
    }
}

void Outgoing::heard(const Datapack& reply) {
    const auto asked =
        std::find_if(asked_.begin(), asked_.end(), [&](const Asked& a) { return a.flag == reply.get("flag"); });
    if (asked != asked_.end()) {
        const Datapack question = std::move(asked->question);
        asked_.erase(asked);
        found_hosts(question, reply);
        return;
    }
    note(reply);
    for (Campaign& campaign : campaigns_) answer_all(campaign.heard(reply));
    campaigns_.remove_if([](const Campaign& c) { return c.done(); });
}

void Outgoing::tick(Time now) {
    for (auto at = asked_.begin(); at != asked_.end();) {
        const auto asked = at++;
        if (now < asked->deadline) continue;
        send_answer(host_, asked->question.error_reply(Code::timeout, "net does not say which hosts are meant"));
        asked_.erase(asked);
    }
    for (Campaign& campaign : campaigns_) answer_all(campaign.expire(now));
    campaigns_.remove_if([](const Campaign& c) { return c.done(); });
}

std::optional<Outgoing::Time> Outgoing::due() const {
    std::optional<Time> first;
    const auto consider = [&](Time time) { first = first ? std::min(*first, time) : time; };
    for (const Asked& asked : asked_) consider(asked.deadline);
    for (const Campaign& campaign : campaigns_) consider(campaign.deadline());
    return first;
}

Json Outgoing::answers() const {
    Json all = Json::array();
    for (const auto& [host, said] : answers_) {
        all.push(Json::object({{"host", host}, {"digest", said.digest}, {"error", said.error}, {"text", said.text}}));
    }
    return all;
}

void Outgoing::found_hosts(const Datapack& question, const Datapack& answered) {
    const std::string targets(question.get("update_to"));
    if (!answered.get("error").empty()) {
        send_answer(host_, question.error_reply(code_from_wire(answered.get("error")),
                                                "update_to: " + one_line(answered.body)));
        return;
    }
    std::vector<std::string> ways;
    const Result<Json> list = Json::parse(answered.body);
    if (list) {
        for (const Json& way : list->items()) ways.push_back(way.as_string());
    }
    if (!list || !list->is(Json::Kind::array)) {
        send_answer(host_, question.error_reply(Code::io, "net doesn't answer `targets` with a list of hosts"));
    } else if (ways.empty()) {
        send_answer(host_, question.error_reply(Code::no_such_host,
                                                "`" + targets + "` means nobody: no other host can be reached now"));
    } else {
        send(question, ways);
    }
}

void Outgoing::send(const Datapack& question, const std::vector<std::string>& ways) {
    const Result<Json> folders = Json::parse(host_.setting("own_plugin_dirs").value_or("[]"));
    std::vector<std::string> own_plugins;
    if (folders) {
        for (const Json& folder : folders->items()) own_plugins.push_back(folder.as_string());
    }
    const Result<Wrapped> wrapped = wrap_up(program_, own_plugins, file_root_);
    if (!wrapped) {
        send_answer(host_, question.error_reply(wrapped.error().code, wrapped.error().text));
        return;
    }
    ObjectSetting numbers("update", host_.setting("update"));
    const std::chrono::seconds timeout(numbers.whole("timeout_s", kDefaultTimeout.count(), 1, 86400));
    for (const std::string& complaint : numbers.complaints()) host_.log(MSW_WARNING, complaint);

    Campaign& campaign = campaigns_.emplace_back(question, ways, std::chrono::steady_clock::now(), timeout);
    sent_name_ = wrapped->filename;
    answers_.clear();
    std::string about = words_about(*wrapped);
    host_.log(MSW_NOTICE, about + "; on its way to " + listed(campaign.hosts()),
              {{"MSW_FLAG", question.get("flag")}, {"MSW_ID", question.get("id")}});
    for (const std::string& what : wrapped->left_out) about += "; left out: " + what;
    answer_all(campaign.begin(wrapped->packed.digest, about));

    Datapack file("file", "update");
    file.set("stream", "1");
    file.set("filename", wrapped->filename);
    file.set("digest", wrapped->packed.digest);
    file.file = wrapped->file;
    const std::vector<Campaign::Host> hosts = campaign.hosts();
    for (const Campaign::Host& host : hosts) {
        file.set("flag", host.flag);
        if (same_host_id(host.id, id_)) {
            // Installed here it would restart this host, and with it what waits for the others' verdicts.
            Datapack ours("reply", "update", "runs it already: the release is made of what runs here");
            ours.set("flag", host.flag);
            heard(ours);
            continue;
        }
        file.set("to", host.way);
        const Result<void> sent = host_.put(file, kPatienceMs);
        if (sent) continue;
        Datapack failed("reply", "update", "it can't be sent: " + sent.error().text);
        failed.set("flag", host.flag);
        failed.set("error", wire_name(sent.error().code));
        heard(failed);
    }
}

void Outgoing::note(const Datapack& reply) {
    const std::string error(reply.get("error"));
    std::string host;
    for (const Campaign& campaign : campaigns_) {
        if (host.empty()) host = campaign.host_of(reply.get("flag"));
    }
    // An answer that comes when its question is no longer open, after a restart of this host for instance.
    if (host.empty() && reply.get("from") == "update" && !reply.get("digest").empty()) host = reply.get("id");
    const Answer said{std::string(reply.get("digest").substr(0, 64)), error.substr(0, 64), one_line(reply.body)};
    host_.log(error.empty() ? MSW_NOTICE : MSW_WARNING,
              (host.empty() ? "an update" : host) + ": " + said.text + (error.empty() ? "" : " (" + said.error + ')'),
              {{"MSW_FLAG", reply.get("flag")}, {"MSW_ID", reply.get("id")}});
    if (host.empty() || (answers_.size() >= kMostAnswers && !answers_.contains(host))) return;
    answers_[host] = said;
}

void Outgoing::answer_all(const std::vector<Datapack>& all) const {
    for (const Datapack& d : all) send_answer(host_, d);
}

}  // namespace msw::update
