#include "mswctl/receipts.hpp"

#include "mswctl/text.hpp"

#include <algorithm>

namespace mswctl {

msw::Datapack Receipts::question_after(const Question& file) {
    const msw::Datapack& sent = file.datapack;
    msw::Datapack question("get", "mswd", "status");
    question.set("flag", msw::new_flag());
    question.set("to", sent.get("to"));
    const std::uint64_t size = sent.file ? sent.file->size() : 0;
    asked_.push_back(
        {std::string(question.get("flag")), std::string(sent.get("flag")),
         std::string(sent.get("filename")) + " is there, " + bytes_words(static_cast<std::int64_t>(size)) + '\n'});
    return question;
}

std::optional<msw::Datapack> Receipts::about_file(const msw::Datapack& d) const {
    if (d.method != "reply") return std::nullopt;
    const auto at =
        std::find_if(asked_.begin(), asked_.end(), [&](const Asked& asked) { return asked.flag == d.get("flag"); });
    if (at == asked_.end()) return std::nullopt;
    msw::Datapack about = d;
    about.set("flag", at->file_flag);
    about.head.remove("from");  // the plugin hasn't spoken
    if (d.get("error").empty()) about.body = at->words;
    return about;
}

}  // namespace mswctl
