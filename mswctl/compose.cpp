#include "mswctl/compose.hpp"

#include "base/system_error.hpp"
#include "msw/command.hpp"
#include "msw/target.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

namespace mswctl {
namespace {

msw::Error bad(std::string text) { return {msw::Code::bad_request, std::move(text)}; }

msw::Result<void> add_field(msw::Datapack& d, const std::string& word) {
    const std::size_t at = word.find('=');
    if (at == std::string::npos) return bad("-f " + word + ": write -f NAME=VALUE");
    const std::string name = word.substr(0, at);
    if (msw::Result<void> may = msw::check_settable(name); !may) return may;
    if (at + 1 == word.size()) return bad("-f " + word + ": the field `" + name + "` has no value");
    if (d.head.has(name)) return bad("the field `" + name + "` is given twice");
    d.set(name, word.substr(at + 1));
    return {};
}

/// @return the command without the field, as a person would write it with flags
std::string with_flag(const msw::Datapack& d, std::string_view command, std::string_view flag) {
    msw::Datapack bare(d.method, d.app, d.body);
    bare.set("filename", d.get("filename"));
    std::string line = "mswctl " + std::string(command) + ' ' + msw::shell_quoted(msw::write_command(bare));
    for (const msw::Field f : d.head) {
        if (f.name == "flag" || f.name == "filename") continue;
        line += " -f " + std::string(f.name) + "=" + msw::shell_quoted(f.value);
    }
    return line + std::string(flag);
}

}  // namespace

msw::Result<msw::Datapack> compose(const Wish& wish) {
    msw::Result<msw::Datapack> parsed = msw::parse_command(wish.spec);
    if (!parsed) {
        const bool lost = wish.spec.find(';') != std::string::npos;
        return bad(parsed.error().text + (lost ? "; a `;` that belongs to the body is written `\\;`" : ""));
    }
    msw::Datapack& d = *parsed;
    for (const std::string& field : wish.fields) {
        if (msw::Result<void> added = add_field(d, field); !added) return added.error();
    }
    if (!wish.to.empty()) {
        if (d.head.has("to")) return bad("the targets are given twice: `to` and --to");
        d.set("to", wish.to);
    }
    for (const std::string_view name : {"to", "update_to"}) {
        if (!d.head.has(name)) continue;
        if (msw::Result<std::vector<msw::Target>> t = msw::parse_targets(d.get(name)); !t) return t.error();
    }
    if (d.head.has("fds")) return bad("the field `fds` is for programs; write (file)" + d.app + ":PATH to send a file");
    if (!d.head.has("flag")) d.set("flag", msw::new_flag());
    return parsed;
}

msw::Result<void> open_file_of(msw::Datapack& d) {
    if (d.method != "file") return {};
    namespace fs = std::filesystem;
    const std::string path(d.get("filename"));
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return bad(path + ": " + msw::system_says(errno));
    struct stat s {};
    const bool known = ::fstat(fd, &s) == 0;
    auto file = std::make_shared<msw::File>(fd, known ? static_cast<std::uint64_t>(s.st_size) : 0, std::string());
    if (!known || !S_ISREG(s.st_mode)) return bad(path + ": not a regular file");
    d.file = std::move(file);

    std::error_code unknown;
    const fs::path here = fs::current_path(unknown);
    const fs::path whole = (here / path).lexically_normal();
    fs::path name = unknown ? fs::path() : whole.lexically_relative(here);
    if (name.empty() || *name.begin() == "..") name = whole.filename();
    d.set("filename", name.string());
    return {};
}

bool is_for(const msw::Datapack& d, std::string_view app) {
    if (d.app == "all") return true;
    for (std::size_t from = 0; from <= d.app.size();) {
        const std::size_t at = std::min(d.app.find('&', from), d.app.size());
        if (std::string_view(d.app).substr(from, at - from) == app) return true;
        from = at + 1;
    }
    return false;
}

Lack lack_of(const msw::Datapack& d) {
    if (d.method == "file") return is_for(d, "update") && !d.head.has("to") ? Lack::to : Lack::nothing;
    if (is_for(d, "shell") && !d.head.has("to")) return Lack::to;
    // Other words of update only ask or tell it something.
    const bool updates = is_for(d, "update") && d.body.find("compress") != std::string::npos;
    if (updates && !d.head.has("update_to")) return Lack::update_to;
    return Lack::nothing;
}

std::string lack_words(const msw::Datapack& d, std::string_view host) {
    msw::Datapack plain = d;
    plain.head.remove("flag");
    const std::string command = '`' + msw::write_command(plain) + '`';
    if (lack_of(d) == Lack::update_to) {
        return command + " names no host to update (`update_to`) and runs on " +
               (d.head.has("to") ? std::string(d.get("to")) : "this host, " + std::string(host));
    }
    return command + " names no host (`to`) and runs on this host, " + std::string(host);
}

std::string lack_advice(const msw::Datapack& d, std::string_view command) {
    const bool update = lack_of(d) == Lack::update_to;
    msw::Datapack quoted = d;
    quoted.head.remove("flag");
    quoted.set(update ? "update_to" : "to", update ? "*" : "HOST");
    return "  If a `;` was lost to your shell, quote the command:\n    mswctl " + std::string(command) + ' ' +
           msw::shell_quoted(msw::write_command(quoted)) + "\n  or write it without `;`:\n    " +
           with_flag(d, command, update ? " -f update_to='*'" : " --to HOST") +
           "\n  If it is meant for this host:\n    " + with_flag(d, command, " --here");
}

}  // namespace mswctl
