// What is wrong with a JSON text, for people: what stands there, and what should.
#pragma once

#include <rapidjson/error/error.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace msw {

/// A fault and its place.
struct JsonFault {
    std::string words;       ///< "found …, expected …"
    std::size_t offset = 0;  ///< where that which was found begins
};

/// @param offset  where RapidJSON stopped in `text`
[[nodiscard]] JsonFault json_fault(std::string_view text, rapidjson::ParseErrorCode code, std::size_t offset);

}  // namespace msw
