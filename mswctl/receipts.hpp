// Whether a file arrived, though nothing answers a file: a question goes after it, on the same way and in order. When
// the other mswd answers that one, it has taken the file in before, or has already said why not.
#pragma once

#include "mswctl/questions.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mswctl {

/// Thread: one at a time.
class Receipts {
public:
    /// @param file  a question that sends a file
    /// @return the question to send right after it
    [[nodiscard]] msw::Datapack question_after(const Question& file);

    /// @return what an answer to one of these questions says about its file, with the flag of that file: that it is
    /// there, or the same error; nothing if `d` answers none of them
    [[nodiscard]] std::optional<msw::Datapack> about_file(const msw::Datapack& d) const;

private:
    struct Asked {
        std::string flag;       // of the question
        std::string file_flag;  // of the file before it
        std::string words;      // if all is well
    };
    std::vector<Asked> asked_;
};

}  // namespace mswctl
