#include "base/json_fault.hpp"

#include <algorithm>

namespace msw {
namespace {

constexpr std::size_t kLongestWord = 24;
constexpr std::string_view kBlank = " \t\r\n";

bool in_word(char c) noexcept {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '+' || c == '-';
}

/// @return the word or the character that begins `rest`
std::string found_in(std::string_view rest) {
    if (rest.empty()) return "the end of the text";
    const auto first = static_cast<unsigned char>(rest.front());
    if (first == '\n' || first == '\r') return "the end of the line";
    if (first < 0x20 || first == 0x7f) return "a control character (byte " + std::to_string(first) + ')';
    if (rest.substr(0, 2) == "//" || rest.substr(0, 2) == "/*") return "a comment, which JSON doesn't have";
    if (first == '\'') return "`'` (JSON's quotes are `\"`)";
    const auto* end = std::find_if_not(rest.begin(), rest.end(), in_word);
    const auto length = std::max<std::size_t>(1, static_cast<std::size_t>(end - rest.begin()));
    std::size_t bytes = std::min(length, kLongestWord);
    if (first >= 0x80) {  // the other bytes of a character
        while (bytes < std::min<std::size_t>(rest.size(), 4) &&
               (static_cast<unsigned char>(rest[bytes]) & 0xc0U) == 0x80U)
            ++bytes;
    }
    return '`' + std::string(rest.substr(0, bytes)) + (length > bytes ? "…`" : "`");
}

/// @return where the word begins whose byte `offset` is, or follows
std::size_t word_start(std::string_view text, std::size_t offset) noexcept {
    while (offset > 0 && in_word(text[offset - 1])) --offset;
    return offset;
}

/// @return whether the last thing before `offset` is a comma
bool after_comma(std::string_view text, std::size_t offset) noexcept {
    const std::size_t last = text.substr(0, offset).find_last_not_of(kBlank);
    return last != std::string_view::npos && text[last] == ',';
}

}  // namespace

JsonFault json_fault(std::string_view text, rapidjson::ParseErrorCode code, std::size_t offset) {
    offset = std::min(offset, text.size());
    const auto expected = [&](const std::string& what) {
        return JsonFault{"found " + found_in(text.substr(offset)) + ", expected " + what, offset};
    };
    switch (code) {
        case rapidjson::kParseErrorDocumentEmpty: return {"nothing stands here, expected a value", offset};
        case rapidjson::kParseErrorDocumentRootNotSingular: return expected("nothing more after the value");
        case rapidjson::kParseErrorObjectMissName:
            return expected(after_comma(text, offset) ? "a name in quotes after the `,`" : "a name in quotes, or `}`");
        case rapidjson::kParseErrorObjectMissColon: return expected("`:` after the name");
        case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket: return expected("`,` or `}` after the value");
        case rapidjson::kParseErrorArrayMissCommaOrSquareBracket: return expected("`,` or `]` after the value");
        case rapidjson::kParseErrorStringMissQuotationMark: return expected("`\"` at the end of the string");
        case rapidjson::kParseErrorStringInvalidEncoding:
            return {"found bytes that aren't UTF-8, expected text", offset};
        case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
        case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
            return {"found `\\u` that means no character, expected `\\u` and four hex digits", offset};
        case rapidjson::kParseErrorStringEscapeInvalid:
            if (offset < text.size() && static_cast<unsigned char>(text[offset]) < 0x20) {
                return expected("`\"` at the end of the string");
            }
            return {R"(found `\` before a character that needs none, expected one of \" \\ \/ \b \f \n \r \t \u)",
                    offset};
        case rapidjson::kParseErrorNumberMissFraction: return expected("a digit after the point of the number");
        case rapidjson::kParseErrorNumberMissExponent: return expected("a digit in the exponent of the number");
        default: break;
    }
    offset = word_start(text, offset);
    return expected(after_comma(text, offset) ? "a value after the `,`"
                                              : "a value: \"text\", a number, true, false, null, `[` or `{`");
}

}  // namespace msw
