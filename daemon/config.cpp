#include "daemon/config.hpp"

#include "base/nearest.hpp"
#include "base/system_error.hpp"
#include "daemon/setting_table.hpp"
#include "msw/host_id.hpp"

#include <sys/stat.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace msw {
namespace {

constexpr std::size_t kLargest = 1024UL * 1024;

/// Collects faults, each with its place.
class Checker {
public:
    Checker(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

    [[nodiscard]] std::string at(std::size_t offset) const {
        const TextPosition p = position_of(text_, offset);
        return name_ + ":" + std::to_string(p.line) + ":" + std::to_string(p.column) + ": ";
    }
    void fault(std::size_t offset, const std::string& what) {
        if (!faults_.empty()) faults_ += '\n';
        faults_ += at(offset) + what;
    }
    void wrong_kind(const std::string& key, const Json& value, std::string_view expected) {
        fault(value.offset(),
              "`" + key + "` must be " + std::string(expected) + ", not " + std::string(value.kind_name()));
    }
    [[nodiscard]] const std::string& faults() const noexcept { return faults_; }

private:
    std::string_view text_;
    std::string name_;
    std::string faults_;
};

std::string_view nearest_key(const std::string& key) {
    std::array<std::string_view, kSettings.size()> keys;
    std::transform(kSettings.begin(), kSettings.end(), keys.begin(), [](const Setting& s) { return s.key; });
    return nearest(key, keys);
}

void check_strings(Checker& check, const std::string& key, const Json& value, const char* wanted) {
    if (!value.is(Json::Kind::array)) {
        check.wrong_kind(key, value, wanted);
        return;
    }
    for (const Json& item : value.items()) {
        if (!item.is(Json::Kind::string)) check.wrong_kind(key, item, wanted);
    }
}

void check_value(Checker& check, const std::string& key, const Json& value, const Setting& rule) {
    switch (rule.kind) {
        case Setting::Kind::text:
            if (!value.is(Json::Kind::string)) check.wrong_kind(key, value, "a string");
            break;
        case Setting::Kind::flag:
            if (!value.is(Json::Kind::boolean)) check.wrong_kind(key, value, "true or false");
            break;
        case Setting::Kind::number: {
            const std::string range =
                "a whole number from " + std::to_string(rule.least) + " to " + std::to_string(rule.most);
            if (!value.is(Json::Kind::integer)) {
                check.wrong_kind(key, value, range);
            } else if (value.as_int() < rule.least || value.as_int() > rule.most) {
                check.fault(value.offset(),
                            "`" + key + "` must be " + range + ", not " + std::to_string(value.as_int()));
            }
            break;
        }
        case Setting::Kind::host_id:
            if (!value.is(Json::Kind::string)) {
                check.wrong_kind(key, value, "a string, a host id");
            } else if (!value.as_string().empty() && !valid_host_id(value.as_string())) {
                check.fault(value.offset(), "`" + key + "`: \"" + value.as_string() +
                                                "\" is not a host id: " + std::string(kHostIdRule));
            }
            break;
        case Setting::Kind::paths: check_strings(check, key, value, "an array of paths"); break;
        case Setting::Kind::texts: check_strings(check, key, value, "an array of strings"); break;
    }
}

void check_object(Checker& check, const std::string& prefix, const Json& object, std::vector<std::string>& warnings) {
    for (const Json::Member& m : object.members()) {
        const std::string key = prefix + m.name;
        if (const Setting* rule = find_setting(key)) {
            check_value(check, key, m.value, *rule);
        } else if (is_section(key)) {
            if (m.value.is(Json::Kind::object)) {
                check_object(check, key + ".", m.value, warnings);
            } else {
                check.wrong_kind(key, m.value, "an object");
            }
        } else {
            const std::string_view near = nearest_key(key);
            warnings.push_back(check.at(m.name_offset) + "`" + key.substr(0, 64) + "` means nothing to mswd" +
                               (near.empty() ? std::string() : "; did you mean `" + std::string(near) + "`?"));
        }
    }
}

void take(Config& config) {
    const Json& raw = config.raw;
    config.id = raw["id"].as_string();
    if (const Json* ip = raw.find("listen_ip"); ip != nullptr && !ip->as_string().empty())
        config.listen_ip = ip->as_string();
    config.listen_port = raw["listen_port"].as_int(config.listen_port);
    const auto spool_bytes = [&raw](const char* key, std::uint64_t& value) {
        value = static_cast<std::uint64_t>(raw["spool"][key].as_int(static_cast<std::int64_t>(value)));
    };
    spool_bytes("max_bytes", config.spool.bytes);
    spool_bytes("max_bytes_per_destination", config.spool.per_destination_bytes);
    spool_bytes("max_bytes_per_origin", config.spool.per_origin_bytes);
    spool_bytes("max_dead_bytes", config.spool.dead_bytes);
    config.mailbox_bytes =
        static_cast<std::size_t>(raw["mailbox_bytes"].as_int(static_cast<std::int64_t>(config.mailbox_bytes)));
    config.debug = raw["debug"].as_bool();
    if (const Json* dirs = raw.find("plugin_dirs")) {
        config.plugin_dirs_given = true;
        config.plugin_dirs.clear();
        for (const Json& dir : dirs->items()) config.plugin_dirs.push_back(dir.as_string());
    }
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& name) {
    Config config;
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return config;
    Result<Json> json = Json::parse(text, name);
    if (!json) return json.error();
    Checker check(text, name);
    if (!json->is(Json::Kind::object)) {
        check.fault(json->offset(), "the configuration must be an object, not " + std::string(json->kind_name()));
        return Error{Code::bad_request, check.faults()};
    }
    check_object(check, {}, *json, config.warnings);
    if ((*json)["onlyproxy"].as_bool() && (*json)["proxy"].as_string().empty()) {
        check.fault(json->find("onlyproxy")->offset(),
                    "`onlyproxy` needs `proxy`, the id of the host to be reached through");
    }
    if (!check.faults().empty()) return Error{Code::bad_request, check.faults()};
    config.raw = std::move(json).value();
    take(config);
    return config;
}

Result<Config> load_config(const std::string& path, bool optional) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
    if (!file) {
        if (errno == ENOENT && optional) return Config{};
        if (errno == ENOENT) return Error{Code::no_such_file, path + ": there is no such configuration"};
        return io_error(path, errno);
    }
    std::string text(kLargest + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0) return io_error(path, errno);
    if (text.size() > kLargest)
        return Error{Code::too_large, path + ": larger than 1 MiB; that can't be a configuration"};
    return parse_config(text, path);
}

std::vector<std::string> missing_folders(const Config& config, const std::string& name) {
    std::vector<std::string> sentences;
    if (!config.plugin_dirs_given) return sentences;
    for (const std::string& dir : config.plugin_dirs) {
        std::error_code failed;
        if (std::filesystem::is_directory(dir, failed)) continue;
        const bool tilde = !dir.empty() && dir.front() == '~';
        sentences.push_back(name + ": `plugin_dirs`: there is no folder " + dir +
                            (tilde ? "; write the path out, `~` means nothing here" : ""));
    }
    return sentences;
}

}  // namespace msw
