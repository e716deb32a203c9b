#include "msw/fields.hpp"

#include "msw/chars.hpp"
#include "msw/percent.hpp"

#include <algorithm>

namespace msw {

const Fields::Entry* Fields::find(std::string_view name) const noexcept {
    for (const Entry& e : entries_) {
        if (e.name_length == name.size() && name_of(e) == name) return &e;
    }
    return nullptr;
}

std::string_view Fields::get(std::string_view name) const noexcept {
    const Entry* e = find(name);
    return e == nullptr ? std::string_view{} : value_of(*e);
}

Fields::Entry Fields::store(std::string_view name, std::string_view value) {
    Entry e{};
    e.offset = static_cast<std::uint32_t>(arena_.size());
    e.name_length = static_cast<std::uint16_t>(name.size());
    e.value_length = static_cast<std::uint32_t>(value.size());
    e.plain = plain_value(value);
    arena_.append(name).append(": ").append(value).push_back('\n');
    return e;
}

void Fields::set(std::string_view name, std::string_view value) {
    if (value.empty()) {
        remove(name);
        return;
    }
    // `name` or `value` may lie in our own arena, which is about to grow.
    const bool own = value.data() >= arena_.data() && value.data() < arena_.data() + arena_.size();
    const bool own_name = name.data() >= arena_.data() && name.data() < arena_.data() + arena_.size();
    if (own || own_name) {
        const std::string name_copy(name);
        const std::string value_copy(value);
        set(name_copy, value_copy);
        return;
    }
    const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return name_of(e) == name; });
    if (at == entries_.end()) {
        entries_.push_back(store(name, value));
    } else {
        *at = store(name, value);
    }
}

void Fields::remove(std::string_view name) noexcept {
    const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return name_of(e) == name; });
    if (at != entries_.end()) entries_.erase(at);
}

void Fields::clear() noexcept {
    arena_.clear();
    entries_.clear();
}

Field Fields::at(std::size_t index) const noexcept {
    const Entry& e = entries_[index];
    return {name_of(e), value_of(e)};
}

bool operator==(const Fields& a, const Fields& b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const Field x = a.at(i);
        const Field y = b.at(i);
        if (x.name != y.name || x.value != y.value) return false;
    }
    return true;
}

bool valid_field_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= kLongestFieldName && chars::all(name, chars::kName);
}

}  // namespace msw
