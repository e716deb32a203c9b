// Inputs that a person can read: steps, each with the bytes that go with it.
//
//     >WHAT WORDS
//     bytes, up to the next line that begins with `>`, the line end before it included
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

namespace msw::fuzz {

/// The one word for "this must never happen": the fuzzer keeps the input that made it so.
inline void require(bool kept) {
    if (!kept) std::abort();
}

struct Step {
    char what = 0;           ///< the character behind `>`; 0 if there is none
    std::string_view words;  ///< the rest of that line
    std::string_view bytes;
};

/// Thread: one at a time.
class Script {
public:
    /// What stands before the first step means nothing.
    explicit Script(std::string_view text) : rest_(text) {
        if (text.substr(0, 1) != ">") (void)up_to_next(rest_);
    }

    /// @return whether there was one more
    [[nodiscard]] bool next(Step& step) {
        if (rest_.empty()) return false;
        rest_.remove_prefix(1);
        std::string_view all = up_to_next(rest_);
        const std::size_t end = std::min(all.find('\n'), all.size());
        std::string_view line = all.substr(0, end);
        all.remove_prefix(std::min(end + 1, all.size()));
        step.what = line.empty() ? '\0' : line.front();
        step.words = line.substr(std::min<std::size_t>(1, line.size()));
        step.bytes = all;
        return true;
    }

private:
    static std::string_view up_to_next(std::string_view& rest) {
        const std::size_t at = rest.find("\n>");
        const std::string_view found = rest.substr(0, at == std::string_view::npos ? at : at + 1);
        rest.remove_prefix(found.size());
        return found;
    }
    std::string_view rest_;
};

/// Have `host` take() the steps of an input, but not more than `most`.
template <class Host>
void play(std::string_view text, Host& host, int most = 200) {
    Script script(text);
    Step step;
    for (int steps = 0; steps < most && script.next(step); ++steps) host.take(step);
}

/// @return the number that `words` begin with, at most three digits, taken off them; 0 if there is none
inline std::size_t take_number(std::string_view& words) {
    std::size_t n = 0;
    for (int i = 0; i < 3 && !words.empty() && words.front() >= '0' && words.front() <= '9'; ++i) {
        n = n * 10 + static_cast<std::size_t>(words.front() - '0');
        words.remove_prefix(1);
    }
    return n;
}

/// `/N` in the words: the bytes arrive N at a time, else all at once.
inline std::size_t cut_of(std::string_view words, std::size_t size) {
    const std::size_t slash = words.find('/');
    if (slash == std::string_view::npos) return std::max<std::size_t>(size, 1);
    words.remove_prefix(slash + 1);
    return std::max<std::size_t>(take_number(words), 1);
}

/// `=` in the words: the bytes are one Datapack whose `length` is to be filled in, so that its body can be changed
/// freely.
inline std::string with_length(std::string_view words, std::string_view bytes) {
    const std::size_t end = bytes.find("\n\n");
    if (words.find('=') == std::string_view::npos || end == std::string_view::npos) return std::string(bytes);
    std::string all(bytes.substr(0, end + 1));
    std::string_view body = bytes.substr(end + 2);
    if (body.ends_with('\n')) body.remove_suffix(1);
    all.append("length: ").append(std::to_string(body.size())).append("\n\n").append(body);
    return all;
}

}  // namespace msw::fuzz
