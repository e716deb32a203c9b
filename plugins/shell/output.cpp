#include "plugins/shell/output.hpp"

#include <algorithm>

namespace msw::shell {
namespace {

/// @return how much of `text`, cut after `size` bytes, is whole UTF-8 characters
std::size_t whole_characters(std::string_view text, std::size_t size) noexcept {
    constexpr std::size_t kLongest = 4;
    std::size_t at = size;
    while (at > 0 && size - at < kLongest && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) --at;
    return (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U ? size : at;
}

}  // namespace

void Output::append(std::string_view bytes) {
    total_ += bytes.size();
    kept_ += bytes.substr(0, std::min(bytes.size(), limit_ - kept_.size()));
}

std::string Output::text(std::string_view note) const {
    std::string end;
    std::size_t shown = kept_.size();
    const auto settle = [&](bool cut) {
        if (!kept_.empty() && (cut || (!note.empty() && kept_[shown - 1] != '\n'))) end = '\n';
        if (cut) end += "[cut here: there were " + std::to_string(total_) + " bytes of output in all]\n";
        if (!note.empty()) end += '[' + std::string(note) + "]\n";
    };
    settle(total_ > kept_.size());
    if (shown + end.size() > limit_ && !end.empty()) {
        end.clear();
        settle(true);
        shown = whole_characters(kept_, limit_ - std::min(limit_, end.size()));
    }
    return kept_.substr(0, shown) + end;
}

}  // namespace msw::shell
