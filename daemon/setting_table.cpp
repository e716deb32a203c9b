#include "daemon/setting_table.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace msw {
namespace {

using Kind = Setting::Kind;
using Counts = Setting::Counts;

std::string_view type_words(Kind kind) noexcept {
    switch (kind) {
        case Kind::text: return "string";
        case Kind::number: return "whole number";
        case Kind::flag: return "true or false";
        case Kind::paths: return "array of paths";
        case Kind::texts: return "array of strings";
        case Kind::host_id: return "host id";
    }
    return "";
}

std::string_view counts_words(Counts counts) noexcept {
    switch (counts) {
        case Counts::after_reload: return "after `mswctl reload`";
        case Counts::after_restart: return "after a restart";
    }
    return "";
}

}  // namespace

// The keys of the Python system mean what they mean there.
const std::array<Setting, 25> kSettings{{
    {"buffsize", Kind::number, "4096", Counts::after_restart,
     "How many bytes an old host (the Python system) reads at once: no Datapack to it is larger, a file's bytes apart.",
     512, 1048576},
    {"debug", Kind::flag, "false", Counts::after_restart, "Whether the journal gets lines of priority debug, too."},
    {"id", Kind::host_id, "", Counts::after_restart,
     "The host id: the name that others use in `to`. Unique in the mesh, whatever its case. Without it, the id that "
     "was used last (the file `id` in the state directory), or at the first start one made of the host name."},
    {"legacy.hosts", Kind::texts, "[]", Counts::after_restart,
     "The old hosts (the Python system) that may speak with this one, in the clear: each `ID ADDRESS` or "
     "`ID ADDRESS:PORT`, with an IP address. Given a port, the old host is dialled there; from its address it may dial "
     "this host."},
    {"legacy.listen_ip", Kind::text, "\"127.0.0.1\"", Counts::after_restart,
     "The address that old hosts connect to: one of `legacy.networks`, or 127.0.0.0/8 or ::1."},
    {"legacy.listen_port", Kind::number, "0", Counts::after_restart,
     "The port that old hosts connect to. 0: none; they are dialled only.", 0, 65535},
    {"legacy.networks", Kind::texts, "[]", Counts::after_restart,
     "The networks, as `192.168.7.0/24`, in which old hosts may be beside 127.0.0.0/8 and ::1: whoever is in them can "
     "read and change what goes to and from old hosts."},
    {"listen_ip", Kind::text, "\"\"", Counts::after_restart,
     "The address that other hosts connect to. Empty: all that this machine has."},
    {"listen_num", Kind::number, "39", Counts::after_restart, "How many connections may wait to be accepted.", 1, 4096},
    {"listen_port", Kind::number, "3900", Counts::after_restart,
     "The port that other hosts connect to. 0: one that is free, for a host that only dials out.", 0, 65535},
    {"log.keep", Kind::number, "4", Counts::after_reload, "How many older log files stay: `log.txt.1`, `log.txt.2`, …",
     0, 1000},
    {"log.max_bytes", Kind::number, "10485760", Counts::after_reload,
     "How large `log.txt` may grow before it becomes `log.txt.1`.", 1024, INT64_MAX / 2},
    {"mailbox_bytes", Kind::number, "4194304", Counts::after_restart,
     "How many bytes may wait for a plugin. When its mailbox is full, its senders wait or are told `queue-full`.",
     65536, 1073741824},
    {"onlyproxy", Kind::flag, "false", Counts::after_restart,
     "Whether this host is reached through its `proxy` only: nobody else may connect to it."},
    {"plugin_dirs", Kind::paths, R"(["/usr/local/lib/mswd/plugins"])", Counts::after_reload,
     "The folders of this host's own plugins. The shipped ones are always found."},
    {"proxy", Kind::host_id, "", Counts::after_restart,
     "The host that relays for this one. Others that can't connect to this host reach it through that one."},
    {"shell.max_output", Kind::number, "262144", Counts::after_reload,
     "How many bytes of a command's output are sent back; the rest is counted and dropped.", 1024, 8388608},
    {"shell.max_timeout_s", Kind::number, "3600", Counts::after_reload,
     "The most seconds that an asker's field `timeout` may give a command.", 1, 604800},
    {"shell.parallel", Kind::number, "8", Counts::after_restart, "How many commands run at a time.", 1, 64},
    {"shell.timeout_s", Kind::number, "60", Counts::after_reload,
     "After how many seconds a command is ended whose asker gave no `timeout`.", 1, 604800},
    {"spool.max_bytes", Kind::number, "4294967296", Counts::after_restart,
     "How many bytes durable Datapacks may take on disk in all.", 1048576, INT64_MAX / 2},
    {"spool.max_bytes_per_destination", Kind::number, "1073741824", Counts::after_restart,
     "How many of these may wait for one other host.", 1048576, INT64_MAX / 2},
    {"spool.max_bytes_per_origin", Kind::number, "1073741824", Counts::after_restart,
     "How many of these may come from one other host.", 1048576, INT64_MAX / 2},
    {"spool.max_dead_bytes", Kind::number, "268435456", Counts::after_restart,
     "How many bytes of dead letters are kept; beyond that the oldest go.", 1048576, INT64_MAX / 2},
    {"update.timeout_s", Kind::number, "120", Counts::after_reload,
     "How many seconds a host has to say what became of an update that was sent to it.", 1, 86400},
}};

const Setting* find_setting(std::string_view key) noexcept {
    const auto* at = std::find_if(kSettings.begin(), kSettings.end(), [&](const Setting& s) { return s.key == key; });
    return at == kSettings.end() ? nullptr : at;
}

bool is_section(std::string_view key) noexcept {
    return std::any_of(kSettings.begin(), kSettings.end(), [&](const Setting& s) {
        return s.key.size() > key.size() && s.key.substr(0, key.size()) == key && s.key[key.size()] == '.';
    });
}

const Json& value_of(const Json& config, std::string_view key) noexcept {
    const std::size_t dot = key.find('.');
    return dot == std::string_view::npos ? config[key] : config[key.substr(0, dot)][key.substr(dot + 1)];
}

Json with_defaults(Json config) {
    for (const Setting& s : kSettings) {
        if (s.otherwise.empty() || !value_of(config, s.key).is(Json::Kind::null)) continue;
        Json value = Json::parse(s.otherwise).value();
        const std::size_t dot = s.key.find('.');
        if (dot == std::string_view::npos) {
            config.set(s.key, std::move(value));
        } else {
            Json section = config[s.key.substr(0, dot)];
            section.set(s.key.substr(dot + 1), std::move(value));
            config.set(s.key.substr(0, dot), std::move(section));
        }
    }
    return config;
}

Json settings_as_json() {
    Json all = Json::array();
    for (const Setting& s : kSettings) {
        Json row = Json::object({{"key", s.key}, {"type", type_words(s.kind)}, {"default", s.otherwise}});
        if (s.kind == Kind::number) row.set("least", s.least).set("most", s.most);
        row.set("counts", counts_words(s.counts)).set("meaning", s.meaning);
        all.push(std::move(row));
    }
    return all;
}

}  // namespace msw
