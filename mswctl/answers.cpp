#include "mswctl/answers.hpp"

#include "base/json.hpp"
#include "mswctl/text.hpp"

#include <charconv>

namespace mswctl {
namespace {

constexpr std::size_t kTabs = 8;

msw::Json exit_value(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return text;
    return number;
}

}  // namespace

std::string prefixed_lines(std::string_view prefix, std::string_view body) {
    std::string out;
    while (!body.empty()) {
        const std::size_t end = body.find('\n');
        std::string_view line = body.substr(0, end);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        out.append(prefix).append(line).push_back('\n');
        if (end == std::string_view::npos) break;
        body.remove_prefix(end + 1);
    }
    return out;
}

std::string json_line(std::string_view host, std::string_view app, const msw::Datapack& d) {
    msw::Json line = msw::Json::object();
    line.set("host", host).set("app", d.get("from").empty() ? app : d.get("from"));
    if (!d.get("error").empty()) line.set("error", d.get("error"));
    if (!d.get("exit").empty()) line.set("exit", exit_value(d.get("exit")));
    line.set("body", std::string_view(d.body));
    msw::Json fields = msw::Json::object();
    for (const msw::Field f : d.head) fields.set(f.name, f.value);
    line.set("fields", std::move(fields));
    return line.dump() + '\n';
}

std::string AnswerPrinter::prefix(std::string_view host) const {
    const std::size_t pad = form_ == Form::prefixed && width_ > host.size() ? width_ - host.size() : 0;
    return out_.coloured_host(host) + ':' + std::string(pad + 1, ' ');
}

void AnswerPrinter::print(std::string_view asked, const msw::Datapack& d) {
    // A part may be about another host than the one that was asked: then that one stands before it.
    const bool about_other = !d.get("part").empty() && !d.get("host").empty();
    const std::string_view host = about_other ? d.get("host") : asked;
    const bool prefixed = form_ == Form::prefixed || about_other;
    if (form_ == Form::json) {
        out_.data(json_line(host, app_, d));
        return;
    }
    if (!d.get("error").empty()) {
        print_error(host, d.get("error"), d.body);
        return;
    }
    std::string body = d.body;
    if (d.method == "file") {
        body = "file " + std::string(d.get("filename")) + ", " + std::string(d.get("size")) + " bytes, is there\n";
    }
    if (out_.data_on_terminal()) body = printable(body, prefixed ? kTabs : 0);
    if (prefixed) {
        out_.data(prefixed_lines(prefix(host), body));
    } else {
        if (out_.data_on_terminal() && !body.empty() && body.back() != '\n') body += '\n';
        out_.data(body);
    }
    if (exit_of_command(d.get("exit")) != Exit::ok) {
        out_.talk(std::string(host) + ": ended with exit code " + std::string(d.get("exit")));
    }
}

void AnswerPrinter::print_queued(std::string_view host, std::string_view flag) {
    if (form_ == Form::json) {
        out_.data(msw::Json::object({{"host", host}, {"app", app_}, {"queued", true}, {"flag", flag}}).dump() + '\n');
    } else {
        out_.talk(std::string(host) + ": queued until it is there; `mswctl queue show " + std::string(flag) +
                  "` will have its answer");
    }
}

void AnswerPrinter::print_missing(std::string_view host, const std::string& text) {
    if (form_ == Form::json) {
        msw::Datapack d("reply", "", text);
        d.set("error", "timeout");
        out_.data(json_line(host, app_, d));
    }
    out_.talk(std::string(host) + ": " + text);
}

void AnswerPrinter::print_error(std::string_view host, std::string_view code, std::string_view text) {
    std::string sentence(text);
    while (!sentence.empty() && sentence.back() == '\n') sentence.pop_back();
    sentence += sentence.empty() ? std::string(code) : " (" + std::string(code) + ')';
    out_.talk(prefixed_lines(std::string(host) + ": ", sentence));
}

}  // namespace mswctl
