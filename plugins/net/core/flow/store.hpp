// The disk as flows see it: rows of durable Datapacks that wait to be received elsewhere, and how far durable flows
// that end here have come. Whoever keeps it calls back later, in the order of the calls, with the time it is then.
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"
#include "plugins/net/core/run.hpp"
#include "plugins/net/core/time.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace msw::net {

/// A durable Datapack of this origin, as it is on disk.
struct StoredRow {
    std::int64_t row = 0;  ///< its number; given by Store::add()
    std::string member;    ///< the destination
    std::string host;      ///< what that was called
    std::string app;       ///< of the flow
    std::uint64_t epoch = 0;
    std::uint64_t n = 0;  ///< rows of a flow are in the order of (epoch, n)
    Run run = kNoRun;     ///< of this host, when it numbered the row
    Run sent_for = kNoRun;
    std::int64_t expires = 0;  ///< s since 1970
    bool redelivered = false;
    std::shared_ptr<const Datapack> datapack;
};

/// Thread: one at a time.
class Store {
public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    Store(Store&&) = delete;
    Store& operator=(Store&&) = delete;
    virtual ~Store() = default;

    /// @param answered  a durable Datapack that this host's transport was given (Mesh::submit), and is done with once
    ///                  the row is on disk; 0: none
    /// @param done      the number of the row
    virtual void add(const StoredRow& row, std::uint64_t answered,
                     std::function<void(const Result<std::int64_t>&, Time)> done) = 0;
    /// Write down that these are about to be sent to a run of their destination.
    virtual void sent(const std::vector<std::int64_t>& rows, Run run, bool redelivered,
                      std::function<void(bool ok, Time)> done) = 0;
    /// These have arrived. @param open  they are questions, and stay until they are answered
    virtual void received(const std::vector<std::int64_t>& rows, bool open) = 0;

    struct Page {
        std::vector<StoredRow> rows;
        bool more = false;
    };
    /// Read the next rows of a flow behind a place.
    virtual void load(const std::string& member, const std::string& app, std::uint64_t epoch, std::uint64_t n,
                      std::function<void(const Result<Page>&, Time)> done) = 0;
    /// Read which flows have rows: member and app of each.
    virtual void flows(std::function<void(const Result<std::vector<StoredRow>>&, Time)> done) = 0;

    /// Write down one that came, together with its number, up to which all of its flow has come.
    virtual void arrive(const Datapack& datapack, const std::string& member, Run run, const std::string& app,
                        std::uint64_t n, std::function<void(bool ok, Time)> done) = 0;
    /// Read what arrive() wrote last of a flow. @param done  0: it is new; nothing: the disk failed
    virtual void mark_of(const std::string& member, Run run, const std::string& app,
                         std::function<void(std::optional<std::uint64_t> mark, Time)> done) = 0;

    /// This host's transport is done with a durable Datapack that it was given.
    virtual void done_with(std::uint64_t answered) = 0;
};

}  // namespace msw::net
