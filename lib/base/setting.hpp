// Whole numbers from an object of the configuration, e.g. "log": {"max_bytes": 1000000, "keep": 4}, as plugins read it.
#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw {

/// Reads what can be read and complains about the rest: a wrong number must not keep a plugin from working.
/// Thread: one at a time.
class ObjectSetting {
public:
    /// @param key   its name, for complaints
    /// @param json  its JSON text; nothing: every number has its default
    ObjectSetting(std::string_view key, const std::optional<std::string>& json) : key_(key) {
        if (!json) return;
        Result<Json> parsed = Json::parse(*json);
        if (parsed && parsed->is(Json::Kind::object)) {
            object_ = std::move(parsed).value();
        } else {
            complaints_.push_back("\"" + key_ + "\" must be an object; its defaults are used");
        }
    }

    /// @return the member `name` if it is a whole number from `least` to `most`, else `otherwise`
    [[nodiscard]] std::int64_t whole(std::string_view name, std::int64_t otherwise, std::int64_t least,
                                     std::int64_t most) {
        const Json* member = object_.find(name);
        if (member == nullptr) return otherwise;
        const std::int64_t value = member->as_int(otherwise);
        if (member->is(Json::Kind::integer) && value >= least && value <= most) return value;
        complaints_.push_back("\"" + key_ + "\": \"" + std::string(name) + "\" must be a whole number from " +
                              std::to_string(least) + " to " + std::to_string(most) + "; " + std::to_string(otherwise) +
                              " is used");
        return otherwise;
    }

    /// @return a sentence for each value that could not be used
    [[nodiscard]] const std::vector<std::string>& complaints() const noexcept { return complaints_; }

private:
    std::string key_;
    Json object_ = Json::object();
    std::vector<std::string> complaints_;
};

}  // namespace msw
