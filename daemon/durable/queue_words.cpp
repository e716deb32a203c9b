#include "daemon/durable/queue_words.hpp"

#include "daemon/durable/stored.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace msw::durable {
namespace {

std::string_view word_of(spool::Box box) noexcept {
    switch (box) {
        case spool::Box::outbox: return "outbox";
        case spool::Box::inbox: return "inbox";
        case spool::Box::dead: return "dead";
    }
    return "";
}

std::string_view next_word(std::string_view& text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

Json json_of(const spool::Listed& row) {
    Json out = Json::object({{"box", word_of(row.box)},
                             {"row", row.row},
                             {"host", row.host},
                             {"app", row.app},
                             {"flag", row.flag},
                             {"from", row.asker},
                             {"bytes", row.bytes},
                             {"expires", row.expires}});
    if (row.since != 0) out.set("since", row.since);
    switch (row.box) {
        case spool::Box::outbox:
            out.set("state", row.state == spool::State::received ? "received"
                             : row.sent_for.has_value()          ? "sent"
                                                                 : "waiting");
            break;
        case spool::Box::inbox: out.set("handed", static_cast<std::uint64_t>(row.handed)); break;
        case spool::Box::dead:
            out.set("was_in", word_of(row.was_in)).set("why", row.why).set("maybe_delivered", row.maybe_delivered);
            break;
    }
    return out;
}

/// @return the number of a row, or 0
spool::RowId row_of(std::string_view text) noexcept {
    spool::RowId row = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), row);
    return status == std::errc{} && rest == text.data() + text.size() ? row : 0;
}

Error unknown(std::string_view what) {
    return {Code::bad_request, "there is no \"" + std::string(what.substr(0, 40)) +
                                   "\" in the queues; `mswctl queue ls` lists what there is"};
}

}  // namespace

void QueueWords::ask(std::string_view words, Done done) {
    const std::string_view verb = next_word(words);
    if (verb == "ls") {
        list(words, std::move(done));
        return;
    }
    const std::string_view what = next_word(words);
    if (verb == "show" && !what.empty()) {
        show(std::string(what), done);
        return;
    }
    if (verb == "find" && !what.empty()) {
        find(what, std::move(done));
        return;
    }
    const spool::RowId row = row_of(what);
    if ((verb == "retry" || verb == "rm") && row > 0) {
        if (verb == "rm") {
            remove(row, done);
        } else {
            retry(row, done);
        }
        return;
    }
    done(
        Error{Code::bad_request,
              "queue takes `ls [outbox|inbox|dead] [after ROW]`, `find FLAG`, `show ROW|FLAG`, `retry ROW`, `rm ROW`"});
}

void QueueWords::find(std::string_view flag, Done done) {
    spool_.read(spool::FindFlag{std::string(flag)},
                anchor_.guard([done = std::move(done)](const Result<spool::FindFlag::Answer>& found) {
                    if (!found) {
                        done(found.error());
                        return;
                    }
                    Json rows = Json::array();
                    for (const spool::Listed& row : found->rows) rows.push(json_of(row));
                    done(Json::object({{"rows", std::move(rows)}, {"more", found->more}}).dump());
                }));
}

void QueueWords::list(std::string_view words, Done done) {
    spool::ListBox query;
    query.rows = kMostListed;
    const std::string_view box = next_word(words);
    if (box == "inbox") query.box = spool::Box::inbox;
    if (box == "dead") query.box = spool::Box::dead;
    if (next_word(words) == "after") query.after = row_of(next_word(words));
    if (!box.empty() && box != word_of(query.box)) {
        done(Error{Code::bad_request, "\"" + std::string(box) + "\" is none of outbox, inbox, dead"});
        return;
    }
    spool_.read(query, anchor_.guard([done = std::move(done)](const Result<spool::ListBox::Answer>& page) {
        if (!page) {
            done(page.error());
            return;
        }
        Json rows = Json::array();
        for (const spool::Listed& row : page->rows) rows.push(json_of(row));
        done(Json::object({{"rows", std::move(rows)}, {"more", page->more}}).dump());
    }));
}

void QueueWords::show(const std::string& what, const Done& done) {
    const auto one = [done, what](const Result<spool::FindRow::Answer>& found) {
        if (!found) {
            done(found.error());
            return;
        }
        if (!*found) {
            done(unknown(what));
            return;
        }
        const spool::WholeRow& row = **found;
        Json out = json_of(row.listed);
        if (const Result<Datapack> d = from_bytes(row.datapack)) {
            Json fields = Json::object();
            for (const Field field : d->head) fields.set(field.name, field.value);
            out.set("method", d->method).set("fields", std::move(fields)).set("body", d->body);
        }
        done(Json::object({{"rows", Json::array().push(std::move(out))}, {"more", false}}).dump());
    };
    if (const spool::RowId row = row_of(what); row > 0 && what.size() < 16) {
        spool_.read(spool::FindRow{row}, anchor_.guard(one));
        return;
    }
    spool_.read(spool::FindFlag{what},
                anchor_.guard([this, done, what, one](const Result<spool::FindFlag::Answer>& found) {
                    if (!found || found->rows.empty()) {
                        done(found ? unknown(what) : found.error());
                    } else if (found->rows.size() == 1) {
                        spool_.read(spool::FindRow{found->rows.front().row}, anchor_.guard(one));
                    } else {
                        Json rows = Json::array();
                        for (const spool::Listed& row : found->rows) rows.push(json_of(row));
                        done(Json::object({{"rows", std::move(rows)}, {"more", found->more}}).dump());
                    }
                }));
}

void QueueWords::retry(spool::RowId row, const Done& done) {
    spool_.read(spool::FindRow{row}, anchor_.guard([this, row, done](const Result<spool::FindRow::Answer>& found) {
        if (!found || !*found || (*found)->listed.box != spool::Box::dead) {
            done(found ? Error{Code::bad_request,
                               "row " + std::to_string(row) + " is no dead letter; `mswctl queue dead` lists them"}
                       : found.error());
        } else if ((*found)->listed.was_in == spool::Box::outbox) {
            send_again(**found, done);
        } else {
            spool::Revive revive;
            revive.row = row;
            revive.expires = now() + kLifetime;
            spool_.write({revive}, anchor_.guard([this, app = (*found)->listed.app, row,
                                                  done](const Result<spool::Written>& result) {
                if (result) inbox_.revived(app);
                done(result ? Result<std::string>(Json::object({{"row", row}}).dump())
                            : Result<std::string>(result.error()));
            }));
        }
    }));
}

void QueueWords::send_again(const spool::WholeRow& row, const Done& done) {
    Result<Datapack> d = from_bytes(row.datapack);
    if (!d) {
        done(d.error());
        return;
    }
    d->set("to", row.listed.host);
    d->set("durable", "1");
    d->head.remove("expires");
    inbox_.send_again(std::move(d).value(), row.listed.row, [done, id = row.listed.row](const Result<void>& written) {
        done(written ? Result<std::string>(Json::object({{"row", id}}).dump()) : Result<std::string>(written.error()));
    });
}

void QueueWords::remove(spool::RowId row, const Done& done) {
    spool_.read(spool::FindRow{row}, anchor_.guard([this, row, done](const Result<spool::FindRow::Answer>& found) {
        if (!found || !*found) {
            done(found ? unknown(std::to_string(row)) : found.error());
            return;
        }
        spool::Changes changes;
        bool was_in_outbox = false;
        switch ((*found)->listed.box) {
            case spool::Box::outbox:
                changes.emplace_back(spool::RemoveOutbox{spool::ByRow{{row}}});
                was_in_outbox = true;
                break;
            case spool::Box::inbox:
                if (inbox_.is_with_plugin(row)) {
                    done(Error{Code::refused, "row " + std::to_string(row) + " is with its plugin now"});
                    return;
                }
                inbox_.forget(row);
                changes.emplace_back(spool::RemoveInbox{row});
                break;
            case spool::Box::dead: changes.emplace_back(spool::DropDead{row}); break;
        }
        spool_.write(std::move(changes), anchor_.guard([this, done, row, was_in_outbox](const auto& result) {
            if (result && was_in_outbox) removed_(row);
            done(result ? Result<std::string>(Json::object({{"row", row}}).dump())
                        : Result<std::string>(result.error()));
        }));
    }));
}

}  // namespace msw::durable
