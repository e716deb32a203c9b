#include "msw/host_id.hpp"

#include "msw/chars.hpp"

#include <algorithm>

namespace msw {
namespace {

constexpr std::size_t kLongest = 63;

bool alnum(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool valid_host_id(std::string_view id) noexcept {
    return !id.empty() && id.size() <= kLongest && alnum(id.front()) && alnum(id.back()) &&
           chars::all(id, chars::kName) && !same_host_id(id, "all");
}

bool same_host_id(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string id_key(std::string_view id) {
    std::string key(id);
    std::transform(key.begin(), key.end(), key.begin(), lower);
    return key;
}

std::string host_id_from_name(std::string_view host_name) {
    std::string id;
    for (const char c : host_name.substr(0, kLongest)) id += chars::is(c, chars::kName) ? c : '-';
    while (!id.empty() && !alnum(id.back())) id.pop_back();
    while (!id.empty() && !alnum(id.front())) id.erase(0, 1);
    return valid_host_id(id) ? id : "host";
}

}  // namespace msw
