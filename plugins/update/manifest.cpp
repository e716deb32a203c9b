#include "plugins/update/manifest.hpp"

#include "base/file_root.hpp"
#include "base/json.hpp"
#include "msw/percent.hpp"
#include "plugins/update/release_state.hpp"

#include <sys/utsname.h>
#include <algorithm>
#include <array>

namespace msw::update {
namespace {

constexpr std::array<std::string_view, 3> kFolders{"bin/", "lib/mswd/", "plugins/"};

Error wrong(const std::string& what) { return {Code::bad_request, std::string(kManifestName) + ": " + what}; }

Result<ManifestFile> parse_file(const Json& json) {
    ManifestFile file;
    file.name = json["name"].as_string();
    if (Result<void> fine = check_release_name(file.name); !fine) return fine.error();
    if (!json["size"].is(Json::Kind::integer) || json["size"].as_int() < 0) {
        return wrong("\"" + file.name + "\" has no size");
    }
    file.size = static_cast<std::uint64_t>(json["size"].as_int());
    const std::string& mode = json["mode"].as_string();
    if (mode != "0755" && mode != "0644") return wrong("\"" + file.name + "\" has a mode other than 0755 and 0644");
    file.executable = mode == "0755";
    file.sha256 = json["sha256"].as_string();
    if (!release::is_digest(file.sha256)) return wrong("\"" + file.name + "\" has no digest");
    return file;
}

/// Names are sorted, so a file `a` and a file below it, `a/b`, are found by looking for `a/` among the rest.
Result<void> check_list(const Manifest& m, const Limits& limits) {
    if (m.files.size() + 1 > limits.entries) {
        return Error{Code::too_large, "more than " + std::to_string(limits.entries) + " files"};
    }
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < m.files.size(); ++i) {
        const ManifestFile& file = m.files[i];
        if (i > 0 && !(m.files[i - 1].name < file.name))
            return wrong("\"" + file.name + "\" is given twice or out of order");
        if (file.size > limits.file || (total += file.size) > limits.total) {
            return Error{Code::too_large, "\"" + file.name + "\": more than " + std::to_string(limits.file) +
                                              " bytes, or all files together more than " +
                                              std::to_string(limits.total)};
        }
        const std::string as_folder = file.name + '/';
        const auto below = std::lower_bound(m.files.begin(), m.files.end(), as_folder,
                                            [](const ManifestFile& f, const std::string& n) { return f.name < n; });
        if (below != m.files.end() && below->name.compare(0, as_folder.size(), as_folder) == 0) {
            return wrong("\"" + file.name + "\" is a file and a folder");
        }
    }
    const ManifestFile* program = m.find(kProgramName);
    if (program == nullptr || !program->executable) return wrong("there is no executable " + std::string(kProgramName));
    return {};
}

}  // namespace

std::string Manifest::to_json() const {
    Json list = Json::array();
    for (const ManifestFile& f : files) {
        list.push(Json::object(
            {{"name", f.name}, {"size", f.size}, {"mode", f.executable ? "0755" : "0644"}, {"sha256", f.sha256}}));
    }
    Json top = Json::object();
    top.set("format", 1).set("version", version).set("arch", arch).set("files", std::move(list));
    return top.dump(1) + '\n';
}

Result<Manifest> Manifest::parse(std::string_view json, const Limits& limits) {
    const Result<Json> parsed = Json::parse(json, kManifestName, 4);
    if (!parsed) return parsed.error();
    const Json& top = *parsed;
    if (top["format"].as_int() != 1) {
        return Error{Code::unsupported, std::string(kManifestName) + ": this mswd reads format 1 only"};
    }
    Manifest m;
    m.version = top["version"].as_string();
    m.arch = top["arch"].as_string();
    if (top["files"].items().size() >= limits.entries) {
        return Error{Code::too_large, "more than " + std::to_string(limits.entries) + " files"};
    }
    for (const Json& entry : top["files"].items()) {
        Result<ManifestFile> file = parse_file(entry);
        if (!file) return file.error();
        m.files.push_back(std::move(file).value());
    }
    if (Result<void> fine = check_list(m, limits); !fine) return fine.error();
    return m;
}

std::uint64_t Manifest::total_size() const noexcept {
    std::uint64_t total = 0;
    for (const ManifestFile& f : files) total += f.size;
    return total;
}

const ManifestFile* Manifest::find(std::string_view name) const noexcept {
    const auto at = std::lower_bound(files.begin(), files.end(), name,
                                     [](const ManifestFile& f, std::string_view n) { return f.name < n; });
    return at != files.end() && at->name == name ? &*at : nullptr;
}

Result<void> check_release_name(std::string_view name) {
    if (Result<void> safe = check_file_name(name); !safe) return Error{Code::refused, safe.error().text};
    const bool control =
        std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (control || !valid_utf8(name)) {
        return Error{Code::refused, "a file name in a release must be UTF-8 without control characters"};
    }
    const bool known = std::any_of(kFolders.begin(), kFolders.end(), [&](std::string_view folder) {
        return name.size() > folder.size() && name.substr(0, folder.size()) == folder;
    });
    if (known) return {};
    return Error{Code::refused,
                 "\"" + std::string(name) + "\" has no place in a release: only bin/, lib/mswd/ and plugins/"};
}

std::string this_arch() {
    utsname names{};
    return ::uname(&names) == 0 ? names.machine : "unknown";
}

}  // namespace msw::update
