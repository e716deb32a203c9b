// The bytes that are signed: one text for each value, and no other.
//
// A field is its length, four bytes with the highest first, and as many bytes. A number is a field of eight bytes,
// the highest first; a list is the number of its elements and they; the first field of a record is its tag. What is
// read must be what would be written: lists of what has an order ascend, and nothing stands behind the last field.
//
// A record says once, in a function `fields(archive, record)`, what stands in it: for who writes and for who reads
// (record_fields.hpp).
#pragma once

#include "base/octets.hpp"
#include "msw/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::roster {

/// Thread: one at a time.
class CanonicalWriter {
public:
    void tag(std::string_view tag) { field(tag); }
    void number(std::string_view name, std::uint64_t value, std::uint64_t least, std::uint64_t most);
    void text(std::string_view name, const std::string& value, std::size_t longest);
    template <std::size_t N>
    void bytes(std::string_view /*name*/, const std::array<std::uint8_t, N>& value) {
        field(text_of(value));
    }
    /// @param element  writes one
    template <class List, class Element>
    void list(std::string_view name, const List& values, std::size_t most, const Element& element) {
        number(name, values.size(), 0, most);
        for (const auto& value : values) element(*this, value);
    }
    /// @param value  nothing: nothing stands there, but that
    template <class Value, class Element>
    void maybe(std::string_view name, const std::optional<Value>& value, const Element& element) {
        number(name, value ? 1 : 0, 0, 1);
        if (value) element(*this, *value);
    }
    /// What must hold, or the record makes no sense.
    void check(bool /*holds*/, std::string_view /*what*/) {}

    [[nodiscard]] std::string take() { return std::move(bytes_); }

private:
    void field(std::string_view bytes);

    std::string bytes_;
};

/// Reads what is foreign. After the first thing that is wrong all that follows is empty.
/// Thread: one at a time. The bytes must live on.
class CanonicalReader {
public:
    explicit CanonicalReader(std::string_view bytes) noexcept : rest_(bytes) {}

    /// @return the tag that the bytes begin with; empty: they begin with none
    [[nodiscard]] static std::string_view tag_of(std::string_view bytes);

    void tag(std::string_view tag);
    void number(std::string_view name, std::uint64_t& value, std::uint64_t least, std::uint64_t most);
    void text(std::string_view name, std::string& value, std::size_t longest);
    template <std::size_t N>
    void bytes(std::string_view name, std::array<std::uint8_t, N>& value) {
        const std::string_view field = this->field(name, N);
        if (field.size() != N) return wrong(name, "has not " + std::to_string(N) + " bytes");
        for (std::size_t i = 0; i < N; ++i) value.at(i) = static_cast<std::uint8_t>(field[i]);
    }
    /// Each element must be greater than the one before it.
    template <class Value, class Element>
    void list(std::string_view name, std::vector<Value>& values, std::size_t most, const Element& element) {
        std::uint64_t count = 0;
        number(name, count, 0, most);
        for (; count > 0 && !wrong_; --count) {
            Value value{};
            element(*this, value);
            if (!values.empty() && !(values.back() < value)) return wrong(name, "does not ascend");
            values.push_back(std::move(value));
        }
    }
    template <class Value, class Element>
    void maybe(std::string_view name, std::optional<Value>& value, const Element& element) {
        std::uint64_t there = 0;
        number(name, there, 0, 1);
        if (there == 1 && !wrong_) element(*this, value.emplace());
    }
    void check(bool holds, std::string_view what);

    /// @return what was wrong, and whether something stands behind the last field
    [[nodiscard]] Result<void> whole() const;

private:
    void wrong(std::string_view name, const std::string& what);
    [[nodiscard]] std::string_view field(std::string_view name, std::size_t longest);

    std::string_view rest_;
    std::string_view tag_;
    std::optional<Error> wrong_;
};

}  // namespace msw::roster
