// The fields of a head: an ordered list of unique names with values, kept in one piece of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace msw {

/// One field as seen from outside. Both views live until the Fields they come from are changed.
struct Field {
    std::string_view name;
    std::string_view value;
};

/// The fields of one head, in the order they were given. A name stands at most once; an empty value is no field.
///
/// All text lies in one arena in the form in which it crosses the wire ("name: value\n"), so that writing a head
/// whose fields need no escaping is a copy, and reusing a Fields costs no allocation.
/// Thread: like a std::string.
class Fields {
public:
    /// @return the value of `name`, or an empty view if there is none.
    [[nodiscard]] std::string_view get(std::string_view name) const noexcept;
    [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name) != nullptr; }

    /// Give `name` the value `value`, in its old place if it was there; an empty value removes it.
    /// The name and value are taken as they are: valid_field_name() tells whether a name may be used.
    void set(std::string_view name, std::string_view value);
    /// set() of each field of `others`.
    void set_all(const Fields& others);
    void remove(std::string_view name) noexcept;
    void clear() noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] Field at(std::size_t index) const noexcept;

    /// @return bytes of memory its text takes: at least what it takes on the wire before escaping.
    [[nodiscard]] std::size_t wire_size() const noexcept { return arena_.size(); }

    /// Iteration in order, for range-for.
    class Iterator {
    public:
        Iterator(const Fields& fields, std::size_t index) noexcept : fields_(&fields), index_(index) {}
        Field operator*() const noexcept { return fields_->at(index_); }
        Iterator& operator++() noexcept {
            ++index_;
            return *this;
        }
        bool operator!=(const Iterator& other) const noexcept { return index_ != other.index_; }

    private:
        const Fields* fields_;
        std::size_t index_;
    };
    [[nodiscard]] Iterator begin() const noexcept { return {*this, 0}; }
    [[nodiscard]] Iterator end() const noexcept { return {*this, size()}; }

    /// Two heads are equal if they hold the same fields in the same order.
    friend bool operator==(const Fields& a, const Fields& b) noexcept;

private:
    friend class Decoder;
    friend class HeadWriter;  // encoder.cpp

    struct Entry {
        std::uint32_t offset;        // of the name; the value follows after ": "
        std::uint32_t value_length;  // bytes
        std::uint16_t name_length;   // bytes
        bool plain;                  // the value crosses the wire as it stands
        bool valid_name;             // so does the name
    };

    /// A bit of 64 for a name; some names share one.
    [[nodiscard]] static std::uint64_t bit_of(std::string_view name) noexcept {
        if (name.empty()) return 1;
        const auto first = static_cast<unsigned char>(name.front());
        const auto last = static_cast<unsigned char>(name.back());
        return std::uint64_t{1} << ((first * 5U + last * 3U + name.size()) % 64U);
    }
    [[nodiscard]] const Entry* find(std::string_view name) const noexcept;
    [[nodiscard]] std::string_view name_of(const Entry& e) const noexcept {
        return {arena_.data() + e.offset, e.name_length};
    }
    [[nodiscard]] std::string_view value_of(const Entry& e) const noexcept {
        return {arena_.data() + e.offset + e.name_length + 2, e.value_length};
    }
    Entry store(std::string_view name, std::string_view value);

    std::string arena_;
    std::vector<Entry> entries_;
    std::uint64_t names_ = 0;  // the bits of all that are there, and maybe of some that were
};

/// Bytes of the longest field name.
inline constexpr std::size_t kLongestFieldName = 64;

/// @return whether `name` is `[A-Za-z0-9_.-]{1,64}`.
[[nodiscard]] bool valid_field_name(std::string_view name) noexcept;

}  // namespace msw
