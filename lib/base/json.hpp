// JSON as a plain value that remembers where in the text each part stood. RapidJSON reads and writes it.
#pragma once

#include "msw/result.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace msw {

/// A place in a text, as people count.
struct TextPosition {
    std::size_t line = 1;
    std::size_t column = 1;  ///< in bytes
};

/// @return where the byte at `offset` of `text` stands.
[[nodiscard]] TextPosition position_of(std::string_view text, std::size_t offset) noexcept;

/// Thread: like a std::string.
class Json {
public:
    enum class Kind { null, boolean, integer, real, string, array, object };
    using Array = std::vector<Json>;
    struct Member;
    using Object = std::vector<Member>;  // in the order given

    // Implicit, so that a value can be written where a Json is wanted. All are defined where Member is complete.
    Json() noexcept;
    Json(bool value);              // NOLINT(google-explicit-constructor)
    Json(int value);               // NOLINT(google-explicit-constructor)
    Json(std::int64_t value);      // NOLINT(google-explicit-constructor)
    Json(std::uint64_t value);     // NOLINT(google-explicit-constructor)
    Json(double value);            // NOLINT(google-explicit-constructor)
    Json(const char* value);       // NOLINT(google-explicit-constructor)
    Json(std::string value);       // NOLINT(google-explicit-constructor)
    Json(std::string_view value);  // NOLINT(google-explicit-constructor)
    Json(Array value);             // NOLINT(google-explicit-constructor)
    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(const Json& other);
    Json& operator=(Json&& other) noexcept;
    ~Json();
    static Json object(std::initializer_list<std::pair<std::string_view, Json>> members = {});
    static Json array();

    /// Read a text of at most `max_depth` nested arrays and objects; a name given twice in an object is an error.
    /// @param name  what to call the text in messages
    /// @return the value; or what is wrong, beginning with "NAME:LINE:COLUMN: ", without a name "line L, column C: "
    [[nodiscard]] static Result<Json> parse(std::string_view text, std::string_view name = {},
                                            std::size_t max_depth = 32);

    [[nodiscard]] Kind kind() const noexcept { return static_cast<Kind>(value_.index()); }
    [[nodiscard]] bool is(Kind k) const noexcept { return kind() == k; }
    /// @return the kind in words for messages, e.g. "a number"
    [[nodiscard]] std::string_view kind_name() const noexcept;
    /// @return bytes from the beginning of the text that parse() read
    [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

    // Reading: each gives an empty value if this is of another kind.
    [[nodiscard]] bool as_bool(bool otherwise = false) const noexcept;
    [[nodiscard]] std::int64_t as_int(std::int64_t otherwise = 0) const noexcept;
    [[nodiscard]] double as_double(double otherwise = 0) const noexcept;  ///< integers too
    [[nodiscard]] const std::string& as_string() const noexcept;
    [[nodiscard]] const Array& items() const noexcept;
    [[nodiscard]] const Object& members() const noexcept;
    /// @return the member of that name, or null (the JSON kind) if there is none
    [[nodiscard]] const Json& operator[](std::string_view name) const noexcept;
    [[nodiscard]] const Json* find(std::string_view name) const noexcept;

    // Building.
    Json& set(std::string_view name, Json value);  ///< makes this an object if it is none; @return this
    Json& push(Json value);                        ///< makes this an array if it is none; @return this

    /// @return the value as text; `indent` > 0: over several lines. Bytes that aren't UTF-8 become U+FFFD.
    [[nodiscard]] std::string dump(unsigned indent = 0) const;

private:
    friend class JsonBuilder;
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
    std::size_t offset_ = 0;
};

/// A member of an object.
struct Json::Member {
    std::string name;
    Json value;
    std::size_t name_offset = 0;
};

}  // namespace msw
