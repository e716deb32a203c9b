#include "msw/fields.hpp"

#include "msw/chars.hpp"
#include "msw/percent.hpp"

#include <algorithm>

namespace msw {

const Fields::Entry* Fields::find(std::string_view name) const noexcept {
    if ((names_ & bit_of(name)) == 0) return nullptr;      // most questions are about what isn't there
    const char first = name.empty() ? ':' : name.front();  // what the arena has there
    for (const Entry& e : entries_) {
        if (e.name_length == name.size() && arena_[e.offset] == first && name_of(e) == name) return &e;
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
    e.valid_name = valid_field_name(name);
    names_ |= bit_of(name);
    arena_.resize(arena_.size() + name.size() + value.size() + 3);
    char* to = arena_.data() + e.offset;
    to = std::copy(name.begin(), name.end(), to);
    *to++ = ':';
    *to++ = ' ';
    to = std::copy(value.begin(), value.end(), to);
    *to = '\n';
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
    if (const Entry* old = find(name)) {
        entries_[static_cast<std::size_t>(old - entries_.data())] = store(name, value);
    } else {
        entries_.push_back(store(name, value));
    }
}

void Fields::set_all(const Fields& others) {
    if ((names_ & others.names_) != 0) {
        for (const Entry& e : others.entries_) set(others.name_of(e), others.value_of(e));
        return;
    }
    const auto behind = static_cast<std::uint32_t>(arena_.size());
    arena_ += others.arena_;
    for (const Entry& e : others.entries_) entries_.emplace_back(e).offset += behind;
    names_ |= others.names_;
}

void Fields::remove(std::string_view name) noexcept {
    if (const Entry* old = find(name)) entries_.erase(entries_.begin() + (old - entries_.data()));
}

void Fields::clear() noexcept {
    arena_.clear();
    entries_.clear();
    names_ = 0;
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
