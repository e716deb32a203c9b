#include "msw/encoder.hpp"

#include "msw/chars.hpp"
#include "msw/percent.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace msw {

/// Writes one head; a friend of Fields for the sake of copying its text in runs.
class HeadWriter {
public:
    HeadWriter(const Datapack& d, Dialect dialect, std::string& out) noexcept : d_(d), dialect_(dialect), out_(out) {}

    Result<void> write(std::uint64_t length, std::string_view lines) {
        if (d_.method.empty() || !chars::all(d_.method, chars::kName)) {
            return Error{Code::bad_request, "\"" + d_.method + "\" is not a method"};
        }
        if (d_.app.empty() || d_.app.size() > 255 || !chars::all(d_.app, chars::kApp)) {
            return Error{Code::bad_request, "\"" + d_.app + "\" is not an app"};
        }
        out_.append(d_.method).push_back(' ');
        out_.append(d_.app).append(dialect_ == Dialect::v1 ? " msw/1\n" : " msw/0.1\n");
        for (const Fields::Entry& e : d_.head.entries_) {
            if (is_length(e)) continue;
            if (e.plain && e.valid_name && dialect_ != Dialect::old_host) {
                add_to_run(e);
            } else if (Result<void> done = field(e); !done) {
                return done;
            }
        }
        end_run();
        out_.append(lines);
        constexpr std::string_view kLength = "length: ";
        std::array<char, 32> last{};
        char* to = std::copy(kLength.begin(), kLength.end(), last.data());
        to = std::to_chars(to, last.data() + last.size() - 2, length).ptr;
        *to++ = '\n';
        *to++ = '\n';
        out_.append(last.data(), to);
        return {};
    }

private:
    [[nodiscard]] bool is_length(const Fields::Entry& e) const noexcept {
        return e.name_length == 6 && std::memcmp(d_.head.arena_.data() + e.offset, "length", 6) == 0;
    }

    /// Fields that lie one behind the other are copied as one.
    void add_to_run(const Fields::Entry& e) {
        if (e.offset != run_end_) {
            end_run();
            run_begin_ = e.offset;
        }
        run_end_ = e.offset + e.name_length + 2U + e.value_length + 1U;
    }
    void end_run() {
        if (run_end_ > run_begin_) out_.append(d_.head.arena_, run_begin_, run_end_ - run_begin_);
        run_begin_ = run_end_ = 0;
    }

    Result<void> field(const Fields::Entry& e) {
        end_run();
        const std::string_view name = d_.head.name_of(e);
        const std::string_view value = d_.head.value_of(e);
        if (!e.valid_name) {
            return Error{Code::bad_request, "\"" + std::string(name) + "\" is not a field name"};
        }
        if (dialect_ == Dialect::v1 && !e.plain) {
            if (value.find('\0') != std::string_view::npos) return cannot(name, "holds a NUL byte");
            out_.append(name).append(": ");
            percent_encode(value, out_);
            out_.push_back('\n');
            return {};
        }
        if (dialect_ != Dialect::v1 && !e.plain &&
            value.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos) {
            return cannot(name, "holds a line end or NUL, which msw/0.1 can't carry");
        }
        if (dialect_ == Dialect::old_host && value.find(": ") != std::string_view::npos) {
            return cannot(name, "holds \": \", which an old host can't read");
        }
        out_.append(d_.head.arena_, e.offset, e.name_length + 2U + e.value_length + 1U);
        return {};
    }

    static Error cannot(std::string_view name, std::string_view why) {
        return {Code::bad_request, "the value of `" + std::string(name) + "` " + std::string(why)};
    }

    const Datapack& d_;
    Dialect dialect_;
    std::string& out_;
    std::size_t run_begin_ = 0;
    std::size_t run_end_ = 0;
};

Result<void> encode_head(const Datapack& d, Dialect dialect, std::uint64_t length, std::string& out,
                         std::string_view lines) {
    const std::size_t before = out.size();
    Result<void> done = HeadWriter(d, dialect, out).write(length, lines);
    if (!done) out.resize(before);
    return done;
}

Result<std::string> encode(const Datapack& d, Dialect dialect) {
    std::string out;
    if (Result<void> done = encode_head(d, dialect, d.body.size(), out); !done) return done.error();
    out += d.body;
    return out;
}

Result<void> Encoder::add(const Datapack& d, std::string_view lines) {
    const std::size_t before = arena_.size();
    if (Result<void> done = encode_head(d, dialect_, d.file ? 0 : d.body.size(), arena_, lines); !done) return done;
    bytes_ += arena_.size() - before;
    if (d.file) return {};
    if (d.body.size() <= kCopyLimit) {
        arena_ += d.body;
    } else {
        runs_.push_back({arena_.size(), d.body.data(), d.body.size()});
    }
    bytes_ += d.body.size();
    return {};
}

std::span<const iovec> Encoder::iovecs() {
    iovecs_.clear();
    std::size_t from = 0;
    const auto copied = [&](std::size_t to) {
        if (to > from) iovecs_.push_back({arena_.data() + from, to - from});
        from = to;
    };
    for (const Run& run : runs_) {
        copied(run.arena_end);
        iovecs_.push_back(
            {const_cast<char*>(run.body), run.body_size});  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    }
    copied(arena_.size());
    return iovecs_;
}

void Encoder::clear() noexcept {
    arena_.clear();
    runs_.clear();
    iovecs_.clear();
    bytes_ = 0;
}

}  // namespace msw
