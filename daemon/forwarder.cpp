#include "daemon/forwarder.hpp"

#include "msw/host_id.hpp"

#include <algorithm>
#include <mutex>

namespace msw {
namespace {

/// The manual of the Python system calls its log plugin by another name than its code.
constexpr std::string_view resolve_alias(std::string_view app) noexcept { return app == "logger" ? "log" : app; }

/// Programs that attach without a name get one that begins so.
bool is_attached_asker(std::string_view app) noexcept { return !app.empty() && app.front() == '@'; }

/// @return the word that the transport gets when a copy has left its mailbox; none for anybody else
Delivery delivery_of(const Datapack& d, const Sender& sender) {
    if (sender.listener == nullptr || sender.delivery == nullptr) return {};
    return {sender.listener, sender.delivery, d.weight()};
}

void add_one(Counters::Count& count) noexcept { count.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

bool Forwarder::add(std::string_view app, std::shared_ptr<Mailbox> mailbox, Kind kind) {
    {
        const std::unique_lock lock(mutex_);
        if (!routes_.try_emplace(std::string(app), Route{std::move(mailbox), kind}).second) return false;
        ++changes_;
    }
    if (durable_ != nullptr) durable_->app_came(app);
    return true;
}

void Forwarder::remove(std::string_view app) {
    bool was_transport = false;
    {
        const std::unique_lock lock(mutex_);
        const auto at = routes_.find(app);
        if (at == routes_.end()) return;
        was_transport = at->second.mailbox == transport_;
        if (was_transport) {
            transport_.reset();
            transport_app_.clear();
        }
        routes_.erase(at);
        ++changes_;
    }
    if (was_transport) let_all_go();
}

void Forwarder::set_absent(std::string_view app, std::string_view why) {
    const std::unique_lock lock(mutex_);
    absent_.insert_or_assign(std::string(app), std::string(why));
}

void Forwarder::set_transport(std::string_view app) {
    const std::unique_lock lock(mutex_);
    const auto at = routes_.find(app);
    transport_ = at == routes_.end() ? nullptr : at->second.mailbox;
    transport_app_ = at == routes_.end() ? std::string() : at->first;
}

void Forwarder::hold(std::string_view app, bool held) {
    std::shared_ptr<Mailbox> let_go;
    {
        const std::unique_lock lock(mutex_);
        const auto at = holds_.find(app);
        if (held == (at != holds_.end())) return;
        if (held) {
            auto full = std::make_shared<Mailbox>(1, 1);
            (void)full->reserve(1);
            holds_.emplace(app, std::move(full));
        } else {
            let_go = std::move(at->second);
            holds_.erase(at);
        }
        held_ = holds_.size();
    }
    if (let_go) let_go->close();
}

void Forwarder::let_all_go() {
    decltype(holds_) all;
    {
        const std::unique_lock lock(mutex_);
        all.swap(holds_);
        held_ = 0;
    }
    for (const auto& [app, hold] : all) hold->close();
}

std::shared_ptr<Mailbox> Forwarder::held_at(const Datapack& d, const Sender& sender) const {
    if (held_ == 0 || sender.listener != nullptr || d.method == "reply" || d.get("durable") == "1") return nullptr;
    const std::shared_lock lock(mutex_);
    const auto at = holds_.find(sender.app);
    return at == holds_.end() ? nullptr : at->second;
}

std::string Forwarder::transport_app() const {
    const std::shared_lock lock(mutex_);
    return transport_app_;
}

Fields Forwarder::marks_of(const Sender& sender) const {
    Fields marks;
    marks.set("id", host_id_);
    marks.set("from", sender.app);
    marks.set("by", sender.by);
    return marks;
}

void Forwarder::stamp(Datapack& d, const Fields& marks) const {
    d.head.set_all(marks);
    d.give_flag();
    if (d.file) d.set("size", std::to_string(d.file->size()));
    if (same_host_id(d.get("to"), host_id_)) d.head.remove("to");
}

std::shared_ptr<Mailbox> Forwarder::find(std::string_view app) const {
    const std::shared_lock lock(mutex_);
    const auto at = routes_.find(resolve_alias(app));
    return at == routes_.end() ? nullptr : at->second.mailbox;
}

Forwarder::Destinations Forwarder::destinations(const Datapack& d, const Sender& sender, std::string& missing) const {
    Destinations to;
    const std::shared_lock lock(mutex_);
    if (d.app == "all") {
        for (const auto& [app, route] : routes_) {
            if (route.kind == Kind::plugin && app != sender.app) to.emplace_back(app, route.mailbox);
        }
        return to;
    }
    std::string_view rest = d.app;
    while (!rest.empty()) {
        const std::size_t amp = std::min(rest.find('&'), rest.size());
        const std::string_view app = resolve_alias(rest.substr(0, amp));
        rest.remove_prefix(std::min(amp + 1, rest.size()));
        const auto at = routes_.find(app);
        if (at == routes_.end()) {
            missing = app;
        } else if (std::none_of(to.begin(), to.end(), [&](const auto& t) { return t.first == app; })) {
            to.emplace_back(app, at->second.mailbox);
        }
    }
    return to;
}

Forwarder::Apps Forwarder::apps_for(const Datapack& d, std::string_view sender) const {
    Apps apps;
    if (d.app == "all") {
        std::string none;
        for (const auto& [app, mailbox] : destinations(d, Sender{std::string(sender), {}}, none)) {
            apps.known.push_back(app);
        }
        return apps;
    }
    const std::shared_lock lock(mutex_);
    std::string_view rest = d.app;
    while (!rest.empty()) {
        const std::size_t amp = std::min(rest.find('&'), rest.size());
        const std::string_view app = resolve_alias(rest.substr(0, amp));
        rest.remove_prefix(std::min(amp + 1, rest.size()));
        if (routes_.find(app) == routes_.end() && absent_.find(app) == absent_.end()) {
            apps.missing = app;
        } else if (std::find(apps.known.begin(), apps.known.end(), app) == apps.known.end()) {
            apps.known.emplace_back(app);
        }
    }
    return apps;
}

Forwarded Forwarder::hand(DatapackRef& d, std::string_view app, Delivery delivery) {
    const std::shared_ptr<Mailbox> to = find(app);
    Mail mail{std::move(d), std::move(delivery)};
    const Mailbox::Put verdict = to ? to->put(mail) : Mailbox::Put::closed;
    if (verdict == Mailbox::Put::taken) {
        add_one(counters_.delivered);
        return {Forwarded::Verdict::done, nullptr, true};
    }
    mail.delivery.cancel();
    d = std::move(mail.datapack);
    return {verdict == Mailbox::Put::full ? Forwarded::Verdict::full : Forwarded::Verdict::closed, to, false};
}

Forwarded Forwarder::forward(DatapackRef& d, const Sender& sender, Recent* recent) {
    if (durable_ != nullptr && sender.listener == nullptr) {
        const bool durable = d->get("durable") == "1";
        if (durable && is_attached_asker(sender.app)) durable_->asked(*d);
        const bool concerns = d->method == "reply" ? durable_->has_questions() : durable && d->get("to").empty();
        if (concerns) {
            if (std::optional<Forwarded> taken = durable_->take(d, sender)) return *std::move(taken);
        }
    }
    if (!d->get("to").empty()) {
        std::shared_ptr<Mailbox> transport;
        {
            const std::shared_lock lock(mutex_);
            transport = transport_;
        }
        if (!transport) {
            refuse(*d, Code::unreachable,
                   "this host has no transport, so nothing can leave it; `mswctl plugins` may say why");
            return {};
        }
        if (auto hold = held_at(*d, sender)) return {Forwarded::Verdict::full, std::move(hold), false};
        Forwarded done = put_one(d, transport, sender);
        if (done.verdict == Forwarded::Verdict::done) add_one(counters_.to_transport);
        return done;
    }
    if (d->app != "all" && d->app.find('&') == std::string::npos) {
        const std::uint64_t changes = changes_;
        if (recent != nullptr && recent->changes == changes && recent->app == d->app) {
            return put_one(d, recent->mailbox, sender);
        }
        const std::shared_ptr<Mailbox> to = find(d->app);
        if (to && recent != nullptr) {
            recent->changes = changes;
            recent->app = d->app;
            recent->mailbox = to;
        }
        if (!to) {
            no_such_app(*d, d->app);
            return {};
        }
        return put_one(d, to, sender);
    }
    std::string missing;
    const Destinations to = destinations(*d, sender, missing);
    Forwarded done = put_copies(d, to, sender);
    if (done.verdict == Forwarded::Verdict::done && !missing.empty()) no_such_app(*d, missing);
    return done;
}

Forwarded Forwarder::put_one(DatapackRef& d, const std::shared_ptr<Mailbox>& to, const Sender& sender) {
    Delivery delivery = delivery_of(*d, sender);
    Mail mail{std::move(d), std::move(delivery)};
    const Mailbox::Put verdict = to->put(mail);
    if (verdict == Mailbox::Put::taken) {
        add_one(counters_.delivered);
        return {Forwarded::Verdict::done, nullptr, true};
    }
    mail.delivery.cancel();
    d = std::move(mail.datapack);
    if (verdict == Mailbox::Put::closed) return {Forwarded::Verdict::closed, nullptr, false};
    if (d->method != "reply") return {Forwarded::Verdict::full, to, false};
    // An answer never waits: who asked had its room and did not take it.
    add_one(counters_.too_slow);
    log_.write(Priority::warning, "mswd",
               "an answer to " + d->app + " was dropped: it does not take its answers (too-slow)",
               {{"MSW_FLAG", d->get("flag")}, {"MSW_FROM", d->get("from")}, {"MSW_ID", d->get("id")}});
    return {};
}

Forwarded Forwarder::put_copies(const DatapackRef& d, const Destinations& to, const Sender& sender) {
    if (to.size() == 1) {
        DatapackRef copy = d;
        return put_one(copy, to.front().second, sender);
    }
    if (d->method == "reply") {
        Forwarded all;
        for (const auto& [app, mailbox] : to) {
            DatapackRef copy = d;
            all.waits |= put_one(copy, mailbox, sender).waits;
        }
        return all;
    }
    const std::size_t bytes = d->weight();
    for (std::size_t i = 0; i < to.size(); ++i) {
        const Mailbox::Put verdict = to[i].second->reserve(bytes);
        if (verdict == Mailbox::Put::taken) continue;
        for (std::size_t k = 0; k < i; ++k) to[k].second->release(bytes);
        if (verdict == Mailbox::Put::closed) return {Forwarded::Verdict::closed, nullptr, false};
        return {Forwarded::Verdict::full, to[i].second, false};
    }
    for (const auto& [app, mailbox] : to) {
        mailbox->put_reserved({d, delivery_of(*d, sender)});
        add_one(counters_.delivered);
    }
    return {Forwarded::Verdict::done, nullptr, !to.empty()};
}

void Forwarder::no_such_app(const Datapack& d, std::string_view app) {
    if (is_attached_asker(app)) {
        asker_gone(d, app);
        return;
    }
    add_one(counters_.no_such_app);
    refuse(d, Code::no_such_app, why_missing(app).text);
}

Error Forwarder::why_missing(std::string_view app) const {
    const std::shared_lock lock(mutex_);
    if (const auto why = absent_.find(app); why != absent_.end()) {
        return {Code::no_such_app,
                "the plugin \"" + why->first + "\" on " + host_id_ + " is not running: " + why->second};
    }
    return {Code::no_such_app,
            "no plugin \"" + std::string(app) + "\" on " + host_id_ + "; `mswctl plugins` lists those it has"};
}

void Forwarder::asker_gone(const Datapack& d, std::string_view app) {
    add_one(counters_.asker_gone);
    log_.write(Priority::debug, "mswd", "an answer to " + std::string(app) + " was dropped: that program has left",
               {{"MSW_FLAG", d.get("flag")}});
}

void Forwarder::refuse(const Datapack& d, Code code, std::string_view sentence) {
    if (code == Code::closed && is_attached_asker(d.app)) {
        asker_gone(d, d.app);
        return;
    }
    const std::string from(d.get("from"));
    const std::string id(d.get("id"));
    log_.write(Priority::warning, "mswd",
               std::string(d.method) + " to " + d.app + " from " + (from.empty() ? "?" : from) +
                   (id.empty() || id == host_id_ ? "" : "@" + id) + ": " + std::string(sentence),
               {{"MSW_FLAG", d.get("flag")}, {"MSW_FROM", from}, {"MSW_ID", id}});
    if (d.method == "reply" || from.empty()) {
        add_one(counters_.dropped);
        return;
    }
    add_one(counters_.answered_error);
    if (durable_ != nullptr && durable_->has_questions() && d.get("durable") == "1") {
        // It is the answer of the app that had the question.
        Datapack answer = d.error_reply(code, sentence);
        stamp(answer, Sender{"mswd", "plugin:mswd"});
        DatapackRef shared(std::move(answer));
        if (durable_->take(shared, Sender{std::string(resolve_alias(d.app)), {}})) return;
    }
    if (!give_answer(d.error_reply(code, sentence))) {
        add_one(counters_.dropped);
        log_.write(Priority::warning, "mswd", "the error could not be given to " + from + ": it takes no answers",
                   {{"MSW_FLAG", d.get("flag")}});
    }
}

bool Forwarder::give_answer(Datapack answer) {
    stamp(answer, Sender{"mswd", "plugin:mswd"});
    const std::shared_ptr<Mailbox> to = [&]() -> std::shared_ptr<Mailbox> {
        if (answer.get("to").empty()) return find(answer.app);
        const std::shared_lock lock(mutex_);
        return transport_;
    }();
    return to && to->put({DatapackRef(std::move(answer)), {}}) == Mailbox::Put::taken;
}

void Forwarder::tell_accepted(const Datapack& d) {
    if (d.get("from").empty() || d.method == "reply") return;
    Datapack answer = d.reply();
    answer.set("want", "accept");
    answer.set("part", "0");
    answer.body = host_id_ + " accepted\n";
    if (!give_answer(std::move(answer))) add_one(counters_.dropped);
}

std::vector<Forwarder::Row> Forwarder::rows() const {
    std::vector<Row> all;
    const std::shared_lock lock(mutex_);
    for (const auto& [app, route] : routes_) all.push_back({app, route.mailbox->numbers()});
    return all;
}

}  // namespace msw
