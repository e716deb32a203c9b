#include "msw/command.hpp"

#include "msw/chars.hpp"

#include <algorithm>
#include <array>

namespace msw {
namespace {

constexpr std::string_view kForm = "write app:body;key:value,key2:value2 or (file)app:path;key:value";
constexpr std::string_view kSpecial = ":;,\\";
constexpr std::string_view kFilePrefix = "(file)";

Error bad(std::string why) { return {Code::bad_request, std::move(why) + "; " + std::string(kForm)}; }

/// Takes text up to an unescaped end character, resolving escapes.
class Reader {
public:
    explicit Reader(std::string_view text) noexcept : text_(text) {}

    /// @param ends  characters to stop at
    /// @return what stood before; the end character, if any, is next
    std::string until(std::string_view ends) {
        std::string out;
        while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos) {
            const bool escape =
                text_[at_] == '\\' && at_ + 1 < text_.size() && kSpecial.find(text_[at_ + 1]) != std::string_view::npos;
            if (escape) ++at_;
            out += text_[at_++];
        }
        return out;
    }
    bool take(char c) noexcept {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    [[nodiscard]] bool done() const noexcept { return at_ >= text_.size(); }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

std::string trimmed(std::string_view text) {
    const std::size_t from = text.find_first_not_of(" \t");
    if (from == std::string_view::npos) return {};
    return std::string(text.substr(from, text.find_last_not_of(" \t") - from + 1));
}

std::string escaped(std::string_view text, std::string_view what) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool before_special =
            text[i] == '\\' && (i + 1 == text.size() || kSpecial.find(text[i + 1]) != std::string_view::npos);
        if (before_special || what.find(text[i]) != std::string_view::npos) out += '\\';
        out += text[i];
    }
    return out;
}

}  // namespace

Result<void> check_settable(std::string_view name) {
    constexpr std::array<std::string_view, 3> kDaemons{"id", "by", "length"};
    if (!valid_field_name(name)) {
        return Error{Code::bad_request,
                     "\"" + std::string(name) + "\" is not a field name (1 to 64 letters, digits, `_`, `.` or `-`)"};
    }
    if (std::find(kDaemons.begin(), kDaemons.end(), name) != kDaemons.end()) {
        return Error{Code::bad_request, "the field `" + std::string(name) + "` is set by the daemon, not by who sends"};
    }
    return {};
}

Result<Datapack> parse_command(std::string_view text) {
    Datapack d;
    std::string_view rest = text;
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const bool file = rest.substr(0, kFilePrefix.size()) == kFilePrefix;
    if (file) rest.remove_prefix(kFilePrefix.size());

    Reader reader(rest);
    d.app = trimmed(reader.until(":;"));
    if (!reader.take(':')) return bad("\"" + std::string(text) + "\" has no `:` after the app");
    if (d.app.empty() || !chars::all(d.app, chars::kApp)) return bad("\"" + d.app + "\" is not an app");
    std::string body = reader.until(";");
    if (file) {
        d.method = "file";
        const std::string path = trimmed(body);
        if (path.empty()) return bad("no path stands after `(file)" + d.app + ":`");
        d.set("filename", path);
    } else {
        d.body = std::move(body);
    }
    if (!reader.take(';')) return d;
    while (!reader.done()) {
        const std::string key = trimmed(reader.until(":,"));
        if (!reader.take(':')) return bad("\"" + key + "\" has no `:` and value");
        const std::string value = reader.until(",");
        if (Result<void> may = check_settable(key); !may) return may.error();
        if (d.head.has(key)) return bad("the field `" + key + "` is given twice");
        if (value.empty()) return bad("the field `" + key + "` has no value");
        d.set(key, value);
        if (!reader.done() && !reader.take(',')) return bad("`,` expected after `" + key + "`");
    }
    return d;
}

std::string write_command(const Datapack& d) {
    const bool file = d.method == "file";
    std::string out(file ? kFilePrefix : std::string_view{});
    out += d.app + ':' + escaped(file ? d.get("filename") : std::string_view(d.body), ";");
    char separator = ';';
    for (const Field field : d.head) {
        if (file && field.name == "filename") continue;
        out += separator;
        out.append(field.name).append(":").append(escaped(field.value, ","));
        separator = ',';
    }
    return out;
}

std::string shell_quoted(std::string_view text) {
    constexpr std::string_view kSafe = "_.-:/=+,@%";
    const bool safe = !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return chars::is(c, chars::kName) || kSafe.find(c) != std::string_view::npos;
    });
    if (safe) return std::string(text);
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

}  // namespace msw
