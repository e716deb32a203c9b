// What waits for the spool's thread.
#pragma once

#include "base/spool/change.hpp"
#include "base/spool/query.hpp"
#include "base/spool/reader.hpp"
#include "base/spool/spool.hpp"
#include "msw/result.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace msw::spool {

/// A list of changes that is to be committed.
struct WriteRequest {
    Changes changes;
    Done<Written> done;
};

/// A query. Thread: handed from who asks to the spool's thread.
class ReadRequest {
public:
    ReadRequest() = default;
    ReadRequest(const ReadRequest&) = delete;
    ReadRequest& operator=(const ReadRequest&) = delete;
    ReadRequest(ReadRequest&&) = delete;
    ReadRequest& operator=(ReadRequest&&) = delete;
    virtual ~ReadRequest() = default;
    /// @return whether it is answered from what is in memory, whatever the disk does
    [[nodiscard]] virtual bool needs_no_file() const noexcept { return false; }
    /// @param reader  nullptr if needs_no_file()
    virtual void read(Reader* reader, const Totals& totals) = 0;
    /// @return what calls `done` with the answer, or with `error` in its place
    [[nodiscard]] virtual std::function<void()> finish(std::optional<Error> error) = 0;
};

template <class Query>
class ReadOf final : public ReadRequest {
public:
    using Answer = typename Query::Answer;
    ReadOf(Query query, Done<Answer> done) : query_(std::move(query)), done_(std::move(done)) {}

    bool needs_no_file() const noexcept override { return std::is_same_v<Query, AskTotals>; }
    void read(Reader* reader, const Totals& totals) override {
        if constexpr (std::is_same_v<Query, AskTotals>) {
            answer_ = totals;
        } else {
            answer_ = reader->read(query_);
        }
    }
    std::function<void()> finish(std::optional<Error> error) override {
        Result<Answer> result = error ? Result<Answer>(std::move(*error)) : Result<Answer>(std::move(answer_));
        return [done = std::move(done_), result = std::move(result)]() mutable {
            if (done) done(std::move(result));
        };
    }

private:
    Query query_;
    Done<Answer> done_;
    Answer answer_{};
};

/// One or the other.
struct Request {
    WriteRequest write;
    std::unique_ptr<ReadRequest> read;
    std::size_t bytes = 0;    ///< it takes up in the queue
    bool makes_room = false;  ///< it adds no row: may use the part of the queue that is kept for such
};

/// @return bytes that `changes` take up in memory, more or less
[[nodiscard]] std::size_t size_of(const Changes& changes);

}  // namespace msw::spool
