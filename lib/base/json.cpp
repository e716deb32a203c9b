#include "base/json.hpp"

#include "base/json_fault.hpp"
#include "msw/percent.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace msw {

TextPosition position_of(std::string_view text, std::size_t offset) noexcept {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const std::size_t line_start = before.rfind('\n') + 1;
    return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
            before.size() - line_start + 1};
}

namespace {

std::string at_position(std::string_view text, std::size_t offset, std::string_view name) {
    const TextPosition p = position_of(text, offset);
    const std::string line = std::to_string(p.line);
    const std::string column = std::to_string(p.column);
    if (name.empty()) return "line " + line + ", column " + column + ": ";
    return std::string(name) + ":" + line + ":" + column + ": ";
}

using Stream = rapidjson::MemoryStream;

}  // namespace

/// RapidJSON's events in, a Json out. Keeps a stack of open arrays and objects instead of recursing.
class JsonBuilder {
public:
    JsonBuilder(std::string_view text, const Stream& stream, std::size_t max_depth) noexcept
        : text_(text), stream_(stream), max_depth_(max_depth) {}

    bool Null() { return add(Json()); }
    bool Bool(bool v) { return add(Json(v)); }
    // Numbers come as text (kFlags): none of these is called.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }
    bool RawNumber(const char* s, rapidjson::SizeType n, bool) {
        std::int64_t whole = 0;
        const auto [end, status] = std::from_chars(s, s + n, whole);
        if (status == std::errc() && end == s + n) return add(Json(whole));
        double real = 0;
        if (std::from_chars(s, s + n, real).ec == std::errc() && std::isfinite(real)) return add(Json(real));
        why_ = "a number too large, or too close to 0";
        where_ = token_start();
        return false;
    }
    bool String(const char* s, rapidjson::SizeType n, bool) { return add(Json(std::string(s, n))); }
    bool StartObject() { return open(Json::object()); }
    bool StartArray() { return open(Json::array()); }
    bool EndObject(rapidjson::SizeType) { return each_name_once() && close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }
    bool Key(const char* s, rapidjson::SizeType n, bool) {
        std::get<Json::Object>(open_.back().value_).push_back({std::string(s, n), Json(), token_start()});
        return true;
    }

    [[nodiscard]] const std::string& why() const noexcept { return why_; }
    [[nodiscard]] std::size_t where() const noexcept { return where_; }
    Json take() { return std::move(root_); }

private:
    /// The stream stands behind the token: walk back over it.
    [[nodiscard]] std::size_t token_start() const noexcept {
        std::size_t at = std::min(stream_.Tell(), text_.size());
        if (at == 0) return 0;
        if (text_[at - 1] != '"') {
            while (at > 0 && std::string_view("{[,: \t\r\n").find(text_[at - 1]) == std::string_view::npos) --at;
            return at;
        }
        for (--at; at > 0; --at) {
            if (text_[at - 1] != '"') continue;
            std::size_t slashes = 0;
            while (slashes + 1 < at && text_[at - 2 - slashes] == '\\') ++slashes;
            if (slashes % 2 == 0) return at - 1;
        }
        return 0;
    }

    /// Told at the end of an object, by sorting: a foreign text may have a million names in one.
    bool each_name_once() {
        const auto& members = std::get<Json::Object>(open_.back().value_);
        std::vector<const Json::Member*> sorted;
        sorted.reserve(members.size());
        for (const Json::Member& m : members) sorted.push_back(&m);
        std::sort(sorted.begin(), sorted.end(), [](const Json::Member* a, const Json::Member* b) {
            const int order = a->name.compare(b->name);
            return order != 0 ? order < 0 : a->name_offset < b->name_offset;
        });
        const Json::Member* again = nullptr;
        for (std::size_t i = 1; i < sorted.size(); ++i) {
            if (sorted[i]->name != sorted[i - 1]->name) continue;
            if (again == nullptr || sorted[i]->name_offset < again->name_offset) again = sorted[i];
        }
        if (again == nullptr) return true;
        why_ = "\"" + again->name + "\" is given twice";
        where_ = again->name_offset;
        return false;
    }

    bool add(Json value) {
        value.offset_ = token_start();
        return place(std::move(value));
    }
    bool place(Json value) {
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (open_.back().is(Json::Kind::array)) {
            std::get<Json::Array>(open_.back().value_).push_back(std::move(value));
        } else {
            std::get<Json::Object>(open_.back().value_).back().value = std::move(value);
        }
        return true;
    }
    bool open(Json value) {
        if (open_.size() == max_depth_) {
            why_ = "nested deeper than " + std::to_string(max_depth_) + " levels";
            where_ = stream_.Tell();
            return false;
        }
        value.offset_ = stream_.Tell();  // the bracket is still to be taken
        open_.push_back(std::move(value));
        return true;
    }
    bool close() {
        Json value = std::move(open_.back());
        open_.pop_back();
        return place(std::move(value));
    }

    std::string_view text_;
    const Stream& stream_;
    std::size_t max_depth_;
    std::vector<Json> open_;
    Json root_;
    std::string why_;
    std::size_t where_ = 0;
};

Json::Json() noexcept = default;
Json::Json(bool value) : value_(value) {}
Json::Json(int value) : value_(std::int64_t{value}) {}
Json::Json(std::int64_t value) : value_(value) {}
Json::Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}
Json::Json(double value) : value_(value) {}
Json::Json(const char* value) : value_(std::string(value)) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(Array value) : value_(std::move(value)) {}
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

Json Json::array() { return {Array{}}; }

Json Json::object(std::initializer_list<std::pair<std::string_view, Json>> members) {
    Json out;
    out.value_ = Object{};
    for (const auto& [name, value] : members) out.set(name, value);
    return out;
}

Result<Json> Json::parse(std::string_view text, std::string_view name, std::size_t max_depth) {
    Stream stream(text.data(), text.size());
    JsonBuilder builder(text, stream, max_depth);
    rapidjson::Reader reader;
    // RapidJSON 1.1 reads beyond its table of powers where a number has many zeros behind its point: it gives us the
    // numbers as text.
    constexpr unsigned kFlags =
        rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
    const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
    if (result) return builder.take();
    if (!builder.why().empty())
        return Error{Code::bad_request, at_position(text, builder.where(), name) + builder.why()};
    const JsonFault fault = json_fault(text, result.Code(), result.Offset());
    return Error{Code::bad_request, at_position(text, fault.offset, name) + fault.words};
}

std::string_view Json::kind_name() const noexcept {
    switch (kind()) {
        case Kind::null: return "null";
        case Kind::boolean: return "true or false";
        case Kind::integer: return "a whole number";
        case Kind::real: return "a number";
        case Kind::string: return "a string";
        case Kind::array: return "an array";
        case Kind::object: return "an object";
    }
    return "?";
}

bool Json::as_bool(bool otherwise) const noexcept {
    const bool* v = std::get_if<bool>(&value_);
    return v == nullptr ? otherwise : *v;
}

std::int64_t Json::as_int(std::int64_t otherwise) const noexcept {
    const std::int64_t* v = std::get_if<std::int64_t>(&value_);
    return v == nullptr ? otherwise : *v;
}

double Json::as_double(double otherwise) const noexcept {
    if (const double* v = std::get_if<double>(&value_)) return *v;
    if (const std::int64_t* v = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*v);
    return otherwise;
}

const std::string& Json::as_string() const noexcept {
    static const std::string none;
    const std::string* v = std::get_if<std::string>(&value_);
    return v == nullptr ? none : *v;
}

const Json::Array& Json::items() const noexcept {
    static const Array none;
    const Array* v = std::get_if<Array>(&value_);
    return v == nullptr ? none : *v;
}

const Json::Object& Json::members() const noexcept {
    static const Object none;
    const Object* v = std::get_if<Object>(&value_);
    return v == nullptr ? none : *v;
}

const Json* Json::find(std::string_view name) const noexcept {
    for (const Member& m : members()) {
        if (m.name == name) return &m.value;
    }
    return nullptr;
}

const Json& Json::operator[](std::string_view name) const noexcept {
    static const Json none;
    const Json* v = find(name);
    return v == nullptr ? none : *v;
}

Json& Json::set(std::string_view name, Json value) {
    if (!is(Kind::object)) value_ = Object{};
    auto& object = std::get<Object>(value_);
    for (Member& m : object) {
        if (m.name == name) {
            m.value = std::move(value);
            return *this;
        }
    }
    object.push_back({std::string(name), std::move(value), 0});
    return *this;
}

Json& Json::push(Json value) {
    if (!is(Kind::array)) value_ = Array{};
    std::get<Array>(value_).push_back(std::move(value));
    return *this;
}

namespace {

std::string printable_utf8(const std::string& text) {
    if (valid_utf8(text)) return text;
    std::string out;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x80) {
            out += c;
        } else {
            out += "\xef\xbf\xbd";
        }
    }
    return out;
}

template <class Writer>
void write(const Json& value, Writer& writer) {
    switch (value.kind()) {
        case Json::Kind::null: writer.Null(); break;
        case Json::Kind::boolean: writer.Bool(value.as_bool()); break;
        case Json::Kind::integer: writer.Int64(value.as_int()); break;
        case Json::Kind::real: writer.Double(value.as_double()); break;
        case Json::Kind::string: {
            const std::string text = printable_utf8(value.as_string());
            writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
            break;
        }
        case Json::Kind::array:
            writer.StartArray();
            for (const Json& item : value.items()) write(item, writer);
            writer.EndArray();
            break;
        case Json::Kind::object:
            writer.StartObject();
            for (const Json::Member& m : value.members()) {
                const std::string name = printable_utf8(m.name);
                writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
                write(m.value, writer);
            }
            writer.EndObject();
            break;
    }
}

}  // namespace

std::string Json::dump(unsigned indent) const {
    rapidjson::StringBuffer buffer;
    if (indent == 0) {
        rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
        write(*this, writer);
    } else {
        rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
        writer.SetIndent(' ', indent);
        writer.SetFormatOptions(rapidjson::kFormatSingleLineArray);
        write(*this, writer);
    }
    return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace msw
