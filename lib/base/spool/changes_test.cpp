// Changes and queries on a real file: what goes in comes out, lists are atomic, the totals are true.
#include "tests/support/spool_user.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <string>

namespace msw::spool {
namespace {

using test::incoming;
using test::outgoing;

class SpoolChanges : public testing::Test {
protected:
    SpoolChanges() : user(folder.path("spool.db")) { start(); }

    void start() {
        user.settings().ballast_bytes = 0;
        const Result<void> opened = user.open();
        if (!opened) throw std::runtime_error(opened.error().text);
    }
    void restart() {
        user.close();
        start();
    }
    std::vector<RowId> must(Changes changes) {
        const Result<Written> done = user.write(std::move(changes));
        EXPECT_TRUE(done.ok()) << done.error().text;
        return done ? done->rows : std::vector<RowId>(8, -1);
    }
    RowId must_add(Change change) {
        Changes one;
        one.push_back(std::move(change));
        return must(std::move(one)).at(0);
    }
    Code refused(Changes changes) {
        const Result<Written> done = user.write(std::move(changes));
        EXPECT_FALSE(done.ok());
        return done ? Code::closed : done.error().code;
    }
    std::vector<std::uint64_t> waiting(const std::string& member = "m-hmsy") {
        std::vector<std::uint64_t> numbers;
        const Page<OutboxRow> page = *user.read(OutboxAfter{{member, "log"}});
        for (const OutboxRow& r : page.rows) numbers.push_back(r.at.n);
        return numbers;
    }
    /// The file's own count, by SQLite alone.
    std::string counted(const std::string& sql) {
        user.close();
        sqlite3* db = nullptr;
        std::string text;
        EXPECT_EQ(sqlite3_open(user.settings().path.c_str(), &db), SQLITE_OK);
        const auto add = [](void* to, int columns, char** values, char** /*names*/) {
            for (int i = 0; i < columns; ++i) *static_cast<std::string*>(to) += std::string(values[i]) + ' ';
            *static_cast<std::string*>(to) += '\n';
            return 0;
        };
        EXPECT_EQ(sqlite3_exec(db, sql.c_str(), add, &text, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
        sqlite3_close(db);
        start();
        return text;
    }
    /// The totals that are kept, and those that are counted, must be the same, and those in memory, too.
    void expect_true_totals() {
        const Totals t = *user.read(AskTotals{});
        const std::string kept =
            counted("SELECT kind, member, app, rows, bytes FROM totals ORDER BY kind, member, app");
        const std::string full = counted(
            "SELECT CASE state WHEN 0 THEN 1 ELSE 4 END kind, member, app, count(*), sum(length(datapack)) FROM outbox "
            "GROUP BY 1, 2, 3 UNION ALL "
            "SELECT 2, origin, app, count(*), sum(length(datapack)) FROM inbox GROUP BY 1, 2, 3 UNION ALL "
            "SELECT 3, '', '', count(*), sum(length(datapack)) FROM dead HAVING count(*) > 0 ORDER BY 1, 2, 3");
        EXPECT_EQ(kept, full);
        const std::string sums = counted(
            "SELECT count(*), ifnull(sum(bytes), 0) FROM outbox UNION ALL "
            "SELECT count(*), ifnull(sum(bytes), 0) FROM inbox UNION ALL "
            "SELECT count(*), ifnull(sum(bytes), 0) FROM dead");
        const auto line = [](const Amount& a) {
            return std::to_string(a.rows) + ' ' + std::to_string(a.bytes) + " \n";
        };
        EXPECT_EQ(line(t.outbox) + line(t.inbox) + line(t.dead), sums);
    }

    test::TempFolder folder;
    test::SpoolUser user;
};

TEST_F(SpoolChanges, GiveBackWhatWasPutIn) {
    AddOutbox out = outgoing(7, std::string("post log msw/1\n\n\0\xff body", 23));
    out.row.flag = std::string("f\0\xfe", 3);
    out.row.sent_for = 0xffffffffffffffff;
    out.row.redelivered = true;
    out.row.at.epoch = (1ULL << 63) - 1;
    const RowId o = must_add(out);
    AddInbox in = incoming(9, "");
    in.row.handed = 3;
    const RowId i = must_add(in);
    restart();

    const Page<OutboxRow> sent = *user.read(OutboxAfter{{"m-hmsy", "log"}});
    ASSERT_EQ(sent.rows.size(), 1U);
    EXPECT_FALSE(sent.more);
    const OutboxRow& r = sent.rows[0];
    EXPECT_EQ(r.row, o);
    EXPECT_EQ(r.member, "m-hmsy");
    EXPECT_EQ(r.host, "hmsy");
    EXPECT_EQ(r.app, "log");
    EXPECT_EQ(r.at, out.row.at);
    EXPECT_EQ(r.run, out.row.run);
    EXPECT_EQ(r.flag, out.row.flag);
    EXPECT_EQ(r.asker, "test");
    EXPECT_EQ(r.accepted, 1000);
    EXPECT_EQ(r.expires, 2007);
    EXPECT_EQ(r.sent_for, out.row.sent_for);
    EXPECT_TRUE(r.redelivered);
    EXPECT_EQ(r.state, State::waiting);
    EXPECT_EQ(r.datapack, out.row.datapack);

    const Page<InboxRow> got = *user.read(InboxAfter{"log"});
    ASSERT_EQ(got.rows.size(), 1U);
    EXPECT_EQ(got.rows[0].row, i);
    EXPECT_EQ(got.rows[0].origin, "m-miku");
    EXPECT_EQ(got.rows[0].origin_host, "miku");
    EXPECT_EQ(got.rows[0].run, in.row.run);
    EXPECT_EQ(got.rows[0].n, 9U);
    EXPECT_EQ(got.rows[0].flag, "flag-9");
    EXPECT_EQ(got.rows[0].asker, "test");
    EXPECT_EQ(got.rows[0].expires, 2009);
    EXPECT_EQ(got.rows[0].handed, 3U);
    EXPECT_EQ(got.rows[0].datapack, "");
}

TEST_F(SpoolChanges, AListIsAllOrNothing) {
    must({outgoing(1), outgoing(2)});
    EXPECT_EQ(refused({outgoing(3), RemoveOutbox{ByNumber{{"m-hmsy", "log"}, 1, {1}}}, outgoing(2)}),
              Code::bad_request);
    EXPECT_EQ(waiting(), (std::vector<std::uint64_t>{1, 2}));
    expect_true_totals();
    must({outgoing(3)});
    EXPECT_EQ(waiting(), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(SpoolChanges, OneThatFailsLeavesItsNeighboursInTheGroupAlone) {
    // All wait for the first one's fsync, and so become one group.
    std::vector<std::future<Result<Written>>> all;
    for (std::uint64_t n = 1; n <= 200; ++n) {
        all.push_back(user.later({outgoing(n)}));
        if (n % 10 == 0) all.push_back(user.later({outgoing(1000 + n), outgoing(n)}));
    }
    std::size_t failed = 0;
    for (auto& one : all) failed += one.get().ok() ? 0U : 1U;
    EXPECT_EQ(failed, 20U);
    EXPECT_EQ(user.spool().numbers().lists, 200U);
    EXPECT_EQ(user.spool().numbers().failed, 20U);
    EXPECT_LT(user.spool().numbers().groups, 200U) << "they were to share their fsyncs";
    const Page<OutboxRow> page = *user.read(OutboxAfter{{"m-hmsy", "log"}});
    EXPECT_EQ(page.rows.size(), 200U);
    EXPECT_EQ(page.rows.back().at.n, 200U);
    expect_true_totals();
}

TEST_F(SpoolChanges, RowsAreFoundByRowNumberAndRange) {
    std::vector<RowId> rows;
    for (std::uint64_t n = 1; n <= 9; ++n) rows.push_back(must_add(outgoing(n)));
    const FlowKey flow{"m-hmsy", "log"};
    EXPECT_EQ(user.write({RemoveOutbox{ByRow{{rows[0], rows[4], 999}}}})->changed, 2U);
    EXPECT_EQ(user.write({RemoveOutbox{ByNumber{flow, 1, {2, 9, 77}}}})->changed, 2U);
    EXPECT_EQ(user.write({RemoveOutbox{ByRange{flow, 1, 6, 7}}})->changed, 2U);
    EXPECT_EQ(user.write({RemoveOutbox{ByRange{flow, 2, 0, UINT64_MAX}}})->changed, 0U) << "of another epoch";
    EXPECT_EQ(user.write({RemoveOutbox{ByRange{{"m-hmsy", "shell"}, 1, 0, 99}}})->changed, 0U) << "of another app";
    EXPECT_EQ(waiting(), (std::vector<std::uint64_t>{3, 4, 8}));
    EXPECT_EQ(user.write({RemoveOutbox{ByRange{flow, 1, 4, UINT64_MAX}}})->changed, 2U);
    EXPECT_EQ(waiting(), (std::vector<std::uint64_t>{3}));
    expect_true_totals();
}

TEST_F(SpoolChanges, ARowNumberIsNeverGivenTwice) {
    const RowId first = must_add(outgoing(1));
    must({RemoveOutbox{ByRow{{first}}}});
    restart();
    EXPECT_GT(must_add(outgoing(1)), first);
    EXPECT_GT(must_add(incoming(1)), first + 1) << "across the boxes";
}

TEST_F(SpoolChanges, SentAndReceivedAreKept) {
    must({outgoing(1), outgoing(2)});
    const FlowKey flow{"m-hmsy", "log"};
    must({MarkSent{ByNumber{flow, 1, {1}}, 42, false}});
    must({MarkSent{ByNumber{flow, 1, {1}}, 43, true}});
    must({MarkSent{ByNumber{flow, 1, {1}}, 44, false}});
    must({MarkReceived{ByNumber{flow, 1, {2}}}});
    EXPECT_EQ(user.write({MarkReceived{ByNumber{flow, 1, {2}}}})->changed, 0U);
    restart();
    const Page<OutboxRow> page = *user.read(OutboxAfter{flow, {}, true});
    ASSERT_EQ(page.rows.size(), 2U);
    EXPECT_EQ(page.rows[0].sent_for, 44U);
    EXPECT_TRUE(page.rows[0].redelivered) << "once it may have arrived, it may have";
    EXPECT_EQ(page.rows[1].state, State::received);
    EXPECT_EQ(page.rows[1].sent_for, std::nullopt);
    EXPECT_EQ(waiting(), (std::vector<std::uint64_t>{1})) << "what is received is not sent again";
    const Page<FlowHead> heads = *user.read(FlowsAfter{});
    ASSERT_EQ(heads.rows.size(), 1U);
    EXPECT_EQ(heads.rows[0].waiting, (Amount{1, 16}));
    EXPECT_EQ(heads.rows[0].received, (Amount{1, 16}));
    expect_true_totals();
}

TEST_F(SpoolChanges, AnInboxRowAndItsMarksAreOne) {
    must({incoming(1), PutMarks{"m-miku", 5, "log", "state 1", 100}});
    EXPECT_EQ(refused({incoming(2), PutMarks{"m-miku", 5, "log", std::string(kMostMarks + 1, 'x'), 100}}),
              Code::too_large);
    EXPECT_EQ(user.read(InboxAfter{"log"})->rows.size(), 1U);
    EXPECT_EQ(*user.read(MarksOf{"m-miku", 5, "log"}), "state 1");
    must({incoming(2), PutMarks{"m-miku", 5, "log", std::string(kMostMarks, 'x'), 100}});
    EXPECT_EQ(*user.read(MarksOf{"m-miku", 5, "log"}), std::string(kMostMarks, 'x'));
    EXPECT_EQ(*user.read(MarksOf{"m-miku", 6, "log"}), std::nullopt);
}

TEST_F(SpoolChanges, AQuestionIsAnsweredOnce) {
    const RowId question = must_add(incoming(1));
    must({MarkHanded{question}});
    EXPECT_EQ(user.read(InboxAfter{"log"})->rows.at(0).handed, 1U);
    must({RemoveInbox{question, true}, outgoing(1, "reply test msw/1\n\n")});
    EXPECT_EQ(refused({RemoveInbox{question, true}, outgoing(2, "reply test msw/1\n\n")}), Code::expired);
    EXPECT_EQ(waiting(), (std::vector<std::uint64_t>{1}));
    EXPECT_EQ(user.write({RemoveInbox{question}})->changed, 0U) << "done twice is done";
    expect_true_totals();
}

TEST_F(SpoolChanges, DeadLettersAreKeptAndComeBack) {
    const RowId out = must_add(outgoing(1, "one"));
    const RowId in = must_add(incoming(1, "two"));
    const std::vector<RowId> dead =
        must({Bury{Box::outbox, out, "its time ran out", true, 5000},
              Bury{Box::inbox, in, "handed five times", true, 5001}, Bury{Box::inbox, 999, "not there", false, 5001}});
    ASSERT_EQ(dead.size(), 3U);
    EXPECT_EQ(dead[2], 0);
    EXPECT_TRUE(waiting().empty());
    EXPECT_TRUE(user.read(InboxAfter{"log"})->rows.empty());
    expect_true_totals();

    const Page<Listed> list = *user.read(ListBox{Box::dead});
    ASSERT_EQ(list.rows.size(), 2U);
    EXPECT_EQ(list.rows[0].row, dead[0]);
    EXPECT_EQ(list.rows[0].was_in, Box::outbox);
    EXPECT_EQ(list.rows[0].why, "its time ran out");
    EXPECT_TRUE(list.rows[0].maybe_delivered);
    EXPECT_EQ(list.rows[0].since, 5000);
    EXPECT_EQ(list.rows[0].member, "m-hmsy");
    EXPECT_EQ(list.rows[0].at, (Position{1, 1}));
    EXPECT_EQ(list.rows[1].was_in, Box::inbox);
    EXPECT_EQ(list.rows[1].host, "miku");

    must({Revive{dead[0], {2, 8}, 77, 6000, 7000}});
    must({Revive{dead[1], {}, 0, 6000, 7001}});
    EXPECT_EQ(refused({Revive{dead[0], {2, 9}, 77, 6000, 7000}}), Code::expired);
    const OutboxRow back = user.read(OutboxAfter{{"m-hmsy", "log"}})->rows.at(0);
    EXPECT_EQ(back.at, (Position{2, 8}));
    EXPECT_EQ(back.run, 77U);
    EXPECT_EQ(back.accepted, 6000);
    EXPECT_EQ(back.expires, 7000);
    EXPECT_TRUE(back.redelivered) << "it may have been delivered";
    EXPECT_EQ(back.datapack, "one");
    const InboxRow again = user.read(InboxAfter{"log"})->rows.at(0);
    EXPECT_EQ(again.datapack, "two");
    EXPECT_EQ(again.expires, 7001);
    EXPECT_TRUE(user.read(ListBox{Box::dead})->rows.empty());
    expect_true_totals();
}

TEST_F(SpoolChanges, ARevivedOneNeedsAPlaceInItsFlow) {
    const RowId dead = must({Bury{Box::outbox, must_add(outgoing(1)), "why", false, 1}}).at(0);
    must({outgoing(2)});
    EXPECT_EQ(refused({Revive{dead, {1, 2}, 1, 1, 1}}), Code::bad_request);
    EXPECT_EQ(user.read(ListBox{Box::dead})->rows.size(), 1U);
    expect_true_totals();
}

TEST_F(SpoolChanges, DeadLettersAndMarksEndOfAge) {
    const Seconds day = 86400;
    const Seconds now = 100 * day;
    const RowId a = must_add(outgoing(1));
    const RowId b = must_add(outgoing(2));
    must({Bury{Box::outbox, a, "old", false, now - 31 * day}, Bury{Box::outbox, b, "new", false, now - 29 * day}});
    must({PutMarks{"m-miku", 1, "log", "old", now - 15 * day}, PutMarks{"m-miku", 2, "log", "new", now - 13 * day}});
    const Written tidied = *user.write({Tidy{now}});
    EXPECT_EQ(tidied.forgotten, 1U);
    EXPECT_EQ(tidied.changed, 1U);
    ASSERT_EQ(user.read(ListBox{Box::dead})->rows.size(), 1U);
    EXPECT_EQ(user.read(ListBox{Box::dead})->rows[0].why, "new");
    EXPECT_EQ(*user.read(MarksOf{"m-miku", 1, "log"}), std::nullopt);
    EXPECT_EQ(*user.read(MarksOf{"m-miku", 2, "log"}), "new");
    expect_true_totals();
}

TEST_F(SpoolChanges, DeadLettersHaveAQuotaAndTheOldestGo) {
    user.settings().quotas.dead_bytes = 3 * (kRowWeight + 100);
    restart();
    std::uint64_t forgotten = 0;
    for (std::uint64_t n = 1; n <= 5; ++n) {
        const RowId row = must_add(outgoing(n, std::string(100, 'x')));
        forgotten += user.write({Bury{Box::outbox, row, "why", false, static_cast<Seconds>(n)}})->forgotten;
    }
    EXPECT_EQ(forgotten, 2U);
    const Page<Listed> left = *user.read(ListBox{Box::dead});
    ASSERT_EQ(left.rows.size(), 3U);
    EXPECT_EQ(left.rows[0].flag, "flag-3");
    EXPECT_EQ(left.rows[2].flag, "flag-5");
    expect_true_totals();
}

TEST_F(SpoolChanges, AnAnswerFindsItsQuestionAmongManyOfThatFlag) {
    constexpr std::uint64_t kMany = 600;
    std::vector<RowId> rows;
    for (std::uint64_t n = 1; n <= kMany; ++n) {
        AddOutbox add = outgoing(n);
        add.row.member = "member-" + std::to_string(n % 300);
        add.row.app = n <= 300 ? "shell" : "log";
        add.row.flag = "same";
        add.row.asker = "asker";
        rows.push_back(must_add(add));
    }
    EXPECT_EQ(*user.read(OpenQuestion{"same", "member-299", "asker", "shell"}), rows[298]);
    EXPECT_EQ(*user.read(OpenQuestion{"same", "member-299", "asker", "log"}), rows[598]);
    EXPECT_EQ(*user.read(OpenQuestion{"same", "member-299", "asker", "mswd"}), rows[298]) << "an error is somebody's";
    EXPECT_FALSE(*user.read(OpenQuestion{"same", "member-299", "asker", "other"})) << "it was not asked";
    AddOutbox add = outgoing(kMany + 1);
    add.row.member = "member-299";
    add.row.app = "all";
    add.row.flag = "same";
    add.row.asker = "asker";
    const RowId to_all = must_add(add);
    EXPECT_EQ(*user.read(OpenQuestion{"same", "member-299", "asker", "other"}), to_all);
    EXPECT_EQ(*user.read(OpenQuestion{"same", "member-299", "asker", "shell"}), rows[298]);
    EXPECT_FALSE(*user.read(OpenQuestion{"same", "member-299", "another", "shell"}));
    EXPECT_FALSE(*user.read(OpenQuestion{"same", "stranger", "asker", "shell"}));
    EXPECT_FALSE(*user.read(OpenQuestion{"other", "member-299", "asker", "shell"}));
}

TEST_F(SpoolChanges, ListsFindByFlagAndExpiry) {
    const RowId out = must_add(outgoing(1, "one"));
    const RowId in = must_add(incoming(1, "two"));
    const RowId dead = must({Bury{Box::outbox, must_add(outgoing(5)), "why", false, 1}}).at(0);
    must({outgoing(2), outgoing(3)});
    std::vector<RowId> found;
    const Page<Listed> flagged = *user.read(FindFlag{"flag-1"});
    for (const Listed& r : flagged.rows) found.push_back(r.row);
    EXPECT_EQ(found, (std::vector<RowId>{out, in}));
    EXPECT_EQ(user.read(FindFlag{"flag-5"})->rows.at(0).row, dead);
    EXPECT_TRUE(user.read(FindFlag{"flag-1", 1})->more);
    EXPECT_TRUE(user.read(FindFlag{"nothing"})->rows.empty());

    const Page<Listed> old = *user.read(ExpiredBefore{Box::outbox, 2003});
    ASSERT_EQ(old.rows.size(), 2U) << "2001 and 2002";
    const Page<Listed> rest = *user.read(ExpiredBefore{Box::outbox, 3000, {{old.rows[1].expires, old.rows[1].row}}});
    ASSERT_EQ(rest.rows.size(), 1U);
    EXPECT_EQ(rest.rows[0].flag, "flag-3");
    EXPECT_EQ(user.read(ExpiredBefore{Box::inbox, 3000})->rows.size(), 1U);

    const auto whole = *user.read(FindRow{in});
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(whole->datapack, "two");
    EXPECT_EQ(whole->listed.box, Box::inbox);
    EXPECT_EQ(user.read(FindRow{dead})->value().listed.why, "why");
    EXPECT_FALSE(user.read(FindRow{999})->has_value());
}

TEST_F(SpoolChanges, PagesAreBoundedAndContinue) {
    for (std::uint64_t n = 1; n <= 7; ++n)
        must({outgoing(n, std::string(100, 'x')), incoming(n, std::string(100, 'x'))});
    const FlowKey flow{"m-hmsy", "log"};
    std::vector<std::uint64_t> seen;
    std::optional<Position> after;
    for (int pages = 0; pages < 10; ++pages) {
        const Page<OutboxRow> page = *user.read(OutboxAfter{flow, after, false, {100, 350}});
        EXPECT_LE(page.rows.size(), 3U);
        for (const OutboxRow& r : page.rows) seen.push_back(r.at.n);
        if (!page.more) break;
        after = page.rows.back().at;
    }
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(user.read(OutboxAfter{flow, {}, false, {100, 1}})->rows.size(), 1U) << "one, whatever its size";
    EXPECT_EQ(user.read(OutboxAfter{flow, {}, false, {2, 1000}})->rows.size(), 2U);
    EXPECT_EQ(user.read(OutboxAfter{flow, Position{1, 7}})->rows.size(), 0U);
    const Page<InboxRow> in = *user.read(InboxAfter{"log", 0, {100, 250}});
    ASSERT_EQ(in.rows.size(), 2U);
    EXPECT_TRUE(in.more);
    EXPECT_EQ(user.read(InboxAfter{"log", in.rows[1].row})->rows.size(), 5U);
    const Page<Listed> list = *user.read(ListBox{Box::inbox, 0, 3});
    ASSERT_EQ(list.rows.size(), 3U);
    EXPECT_TRUE(list.more);
    EXPECT_EQ(user.read(ListBox{Box::inbox, list.rows[2].row, 99})->rows.size(), 4U);
}

TEST_F(SpoolChanges, FlowsAndAppsAreListedWithWhatTheyHold) {
    AddOutbox later = outgoing(1);
    later.row.at = {2, 0};
    must({outgoing(4), outgoing(5), later, outgoing(1, "xyz", "m-other")});
    AddInbox shell = incoming(1);
    shell.row.app = "shell";
    must({incoming(1), incoming(1, "xyz", "m-third"), shell});
    restart();
    const Page<FlowHead> all = *user.read(FlowsAfter{});
    ASSERT_EQ(all.rows.size(), 2U);
    EXPECT_EQ(all.rows[0].flow.member, "m-hmsy");
    EXPECT_EQ(all.rows[0].oldest, (Position{1, 4}));
    EXPECT_EQ(all.rows[0].waiting.rows, 3U);
    EXPECT_EQ(all.rows[1].waiting, (Amount{1, 3}));
    const Page<FlowHead> first = *user.read(FlowsAfter{{}, 1});
    EXPECT_TRUE(first.more);
    EXPECT_EQ(user.read(FlowsAfter{first.rows.at(0).flow})->rows.at(0).flow.member, "m-other");
    const Page<InboxHead> apps = *user.read(InboxApps{});
    ASSERT_EQ(apps.rows.size(), 2U);
    EXPECT_EQ(apps.rows[0].app, "log");
    EXPECT_EQ(apps.rows[0].waiting, (Amount{2, 19}));
    EXPECT_EQ(user.read(InboxApps{"log"})->rows.at(0).app, "shell");
}

TEST_F(SpoolChanges, OverQuotaIsRefusedWithTheNameOfTheSetting) {
    const std::uint64_t row = kRowWeight + 1000;
    user.settings().quotas = {20 * row, 10 * row, 10 * row, 100 * row};
    restart();
    const auto text = [&](Changes c) {
        const Result<Written> done = user.write(std::move(c));
        EXPECT_FALSE(done.ok());
        if (done) return std::string();
        EXPECT_EQ(done.error().code, Code::queue_full);
        return done.error().text;
    };
    const std::string kilo(1000, 'x');
    for (std::uint64_t n = 1; n <= 9; ++n) must({outgoing(n, kilo)});
    EXPECT_NE(text({outgoing(10, kilo)}).find("spool.max_bytes_per_destination"), std::string::npos);
    AddOutbox answer = outgoing(11, kilo);
    answer.answer = true;
    must({answer});
    for (std::uint64_t n = 1; n <= 9; ++n) must({incoming(n, kilo)});
    EXPECT_NE(text({incoming(10, kilo, "m-other")}).find("spool.max_bytes)"), std::string::npos);
    AddInbox reply = incoming(11, kilo);
    reply.answer = true;
    must({reply});
    must({RemoveOutbox{ByRange{{"m-hmsy", "log"}, 1, 1, 5}}});
    EXPECT_NE(text({incoming(12, kilo)}).find("spool.max_bytes_per_origin"), std::string::npos);
    must({incoming(12, kilo, "m-other")});
    restart();
    EXPECT_NE(text({incoming(13, kilo)}).find("spool.max_bytes_per_origin"), std::string::npos)
        << "the quotas hold after a start, too";
    expect_true_totals();
}

}  // namespace
}  // namespace msw::spool
