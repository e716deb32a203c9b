// Bytes in, Datapacks out. Sees no descriptor and no clock.
//
// Lend its buffer (room), fill it, say how much (commit), then ask next() until it says `more`:
//
//     post shell msw/1\n id: a\n length: 7\n \n echo hi     -> datapack
//     file log msw/1\n filename: x\n length: 9\n \n 123456789 -> file, piece …, file_end
//
// However the bytes are cut, the same Datapacks come out (pieces of a file may be cut elsewhere).
// After `error` the stream can't be followed any more; the decoder stays in that state.
#pragma once

#include "msw/datapack.hpp"
#include "msw/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace msw {

/// What a decoder accepts at most. The defaults are those of msw/1 (docs/protocol.md, "Limits").
struct DecoderLimits {
    std::size_t head = 16 * 1024;         ///< bytes of a head, blank line included
    std::size_t fields = 128;             ///< fields in a head, `length` included
    std::size_t body = 16 * 1024 * 1024;  ///< bytes of a body in memory
    std::uint64_t file = UINT64_MAX;      ///< bytes of a file
};

/// Thread: one at a time.
class Decoder {
public:
    using Limits = DecoderLimits;

    enum class Event {
        more,      ///< nothing whole: read on
        datapack,  ///< datapack() is complete
        file,      ///< datapack() is the head of a file of file_size() bytes; pieces follow
        piece,     ///< piece() holds the next bytes of that file
        file_end,  ///< the file is complete; datapack() is its head still
        error,     ///< error() says what is wrong with the stream
    };

    explicit Decoder(Limits limits = {}) noexcept : limits_(limits) {}

    /// Lend the buffer's free end for reading into.
    /// @param at_least  bytes wanted
    /// @return at least that many writable bytes, valid until the next call of any other member
    [[nodiscard]] std::span<char> room(std::size_t at_least = 64 * 1024);

    /// The first `n` bytes of what room() lent have been filled.
    void commit(std::size_t n) noexcept { end_ += n; }

    /// Copy bytes in: room() and commit() for who has them elsewhere.
    void feed(std::string_view bytes);

    /// Decode on. Views that an earlier call gave are void from here.
    [[nodiscard]] Event next();

    /// The Datapack of the last `datapack`, `file` or `file_end`. It may be moved from after `datapack` and `file_end`.
    [[nodiscard]] Datapack& datapack() noexcept { return into_ == nullptr ? datapack_ : *into_; }

    /// Make the next Datapack in `d`, which must outlive its use, and not in one of our own. Between two Datapacks
    /// only.
    void decode_into(Datapack& d) noexcept { into_ = &d; }

    [[nodiscard]] std::uint64_t file_size() const noexcept { return file_size_; }
    [[nodiscard]] std::string_view piece() const noexcept { return piece_; }
    [[nodiscard]] const Error& error() const noexcept { return error_; }

    /// @return whether the bytes so far end between two Datapacks, so that the stream may end here.
    [[nodiscard]] bool at_boundary() const noexcept { return state_ == State::first_line && begin_ == end_; }

private:
    enum class State { first_line, fields, body, file_pieces, broken };

    [[nodiscard]] Event parse_head();
    [[nodiscard]] bool parse_first_line(std::string_view line);
    [[nodiscard]] bool bad_first_line(std::string_view line);
    [[nodiscard]] bool parse_field(std::string_view line, bool plain);
    [[nodiscard]] bool is_doubled(std::string_view name) const noexcept;
    [[nodiscard]] const Fields& head() const noexcept { return into_ == nullptr ? datapack_.head : into_->head; }
    [[nodiscard]] const char* fields_text() const noexcept { return buffer_.get() + begin_ + fields_from_; }
    [[nodiscard]] bool bad_field(std::string_view line);
    [[nodiscard]] bool parse_length(std::string_view digits);
    [[nodiscard]] Event finish_head();
    [[nodiscard]] Event fill_body();
    [[nodiscard]] Event file_piece();
    [[nodiscard]] Event fail(Code code, std::string text);

    Limits limits_;
    State state_ = State::first_line;

    // Bytes [begin_, end_) of the buffer are not consumed yet. Behind its capacity lies slack for the scan.
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t cursor_ = 0;   // how far from begin_ whole lines of the head have been parsed
    std::size_t scanned_ = 0;  // how far from begin_ there is no line end beyond the cursor
    std::size_t fields_from_ = 0;
    std::size_t text_end_ = 0;  // from begin_: behind the last field but `length`

    bool has_length_ = false;
    std::size_t field_count_ = 0;
    std::uint64_t remaining_ = 0;
    std::uint64_t file_size_ = 0;

    Datapack datapack_;
    Datapack* into_ = nullptr;
    std::string_view piece_;
    Error error_;
};

}  // namespace msw
