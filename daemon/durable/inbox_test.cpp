#include "daemon/durable/durable.hpp"
#include "daemon/durable/stored.hpp"
#include "tests/support/forgetful_vfs.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <deque>

namespace msw::durable {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// All of the daemon that the inbox needs, on a disk of its own.
class HostForTest {
public:
    HostForTest(const std::string& folder, const spool::Quotas& quotas, test::ForgetfulDisk* disk)
        : files(FileRoot::open(folder).value()),
          services{loop.raw(), post, wakeups, log, forwarder, files, [](std::string_view) { return std::nullopt; },
                   nullptr} {
        spool::Settings settings;
        settings.path = folder + "/spool.db";
        settings.quotas = quotas;
        if (disk != nullptr) {
            settings.path = "/spool.db";
            settings.vfs = "inbox_test";
            settings.files = disk;
            settings.retry = std::chrono::milliseconds(5);
        }
        durable = Durable::open(services, settings).value();
        services.durable = durable.get();
        forwarder.set_durable(&durable->inbox);
        add("net");
        forwarder.set_transport("net");
    }
    ~HostForTest() {
        durable->stop();
        mails.clear();
    }
    HostForTest(const HostForTest&) = delete;
    HostForTest& operator=(const HostForTest&) = delete;
    HostForTest(HostForTest&&) = delete;
    HostForTest& operator=(HostForTest&&) = delete;

    void add(const std::string& app) {
        mailboxes[app] = std::make_shared<Mailbox>(1UL << 20U, 1UL << 20U);
        (void)forwarder.add(app, mailboxes[app], app[0] == '@' ? Forwarder::Kind::attached : Forwarder::Kind::plugin);
    }
    void start() {
        durable->start([this](spool::RowId row) { removed.push_back(row); });
    }
    /// Have a row in the outbox, for `log` on rin. @return its number
    spool::RowId send(const Datapack& d) {
        void* raw = DatapackRef(Datapack(d)).leak();
        msw_outbox_row row{};
        row.member = {"1234", 4};
        row.host = {"rin", 3};
        row.flow = {"log", 3};
        row.n = 1;
        row.expires = now() + 1000;
        row.datapack = static_cast<msw_datapack*>(raw);
        spool::RowId id = 0;
        durable->outbox.add(row, 0, [&](const Result<spool::Written>& written) { id = written.value().rows.front(); });
        EXPECT_TRUE(wait([&] { return id != 0; }));
        (void)DatapackRef::adopt(raw);
        return id;
    }
    /// Let the loop run until `enough`.
    bool wait(const std::function<bool()>& enough) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!enough()) {
            if (std::chrono::steady_clock::now() > until) return false;
            uv::Timer timer(loop.raw(), [] {});
            timer.start(std::chrono::milliseconds(1));
            uv_run(loop.raw(), UV_RUN_ONCE);
        }
        return true;
    }
    /// @return the next Datapack that an app is handed
    Mail next(const std::string& app) {
        std::deque<Mail>& all = mails[app];
        EXPECT_TRUE(wait([&] {
            std::vector<Mail> some;
            mailboxes[app]->take_all(some);
            for (Mail& mail : some) all.push_back(std::move(mail));
            return !all.empty();
        })) << app
            << " is handed nothing";
        if (all.empty()) return {};
        Mail mail = std::move(all.front());
        all.pop_front();
        return mail;
    }
    std::vector<spool::Listed> rows(spool::Box box) {
        std::optional<std::vector<spool::Listed>> found;
        std::string json;
        durable->words.ask(box == spool::Box::dead    ? "ls dead"
                           : box == spool::Box::inbox ? "ls inbox"
                                                      : "ls outbox",
                           [&](const Result<std::string>& text) { json = text ? *text : text.error().text; });
        EXPECT_TRUE(wait([&] { return !json.empty(); }));
        std::vector<spool::Listed> out;
        const Json parsed = Json::parse(json).value();
        for (const Json& row : parsed["rows"].items()) {
            spool::Listed listed;
            listed.row = row["row"].as_int();
            listed.app = row["app"].as_string();
            listed.flag = row["flag"].as_string();
            listed.handed = static_cast<std::uint32_t>(row["handed"].as_int());
            out.push_back(listed);
        }
        return out;
    }
    bool empties(spool::Box box) {
        return wait([&] { return rows(box).empty(); });
    }
    void send(const std::string& method, const std::string& app, const std::string& flag, const std::string& from,
              const std::string& to = {}) {
        Datapack d(method, app, "body");
        d.set("durable", "1");
        d.set("flag", flag);
        if (!to.empty()) d.set("to", to);
        const Sender sender{from, "plugin:" + from};
        forwarder.stamp(d, sender);
        ASSERT_EQ(forwarder.forward(DatapackRef(std::move(d)), sender).verdict, Forwarded::Verdict::done);
    }
    /// What `shell` answers.
    void answer(const Mail& mail, const char* body) {
        Datapack d = mail.datapack->reply();
        d.body = body;
        const Sender shell{"shell", "plugin:shell"};
        forwarder.stamp(d, shell);
        (void)forwarder.forward(DatapackRef(std::move(d)), shell);
    }
    /// One from another host. @return whether it was written
    bool arrive(const std::string& app, const std::string& flag, std::uint64_t n, std::size_t body = 4) {
        std::optional<bool> written;
        arrive_later(app, flag, n, body, written);
        EXPECT_TRUE(wait([&] { return written.has_value(); }));
        return written.value_or(false);
    }
    void arrive_later(const std::string& app, const std::string& flag, std::uint64_t n, std::size_t body,
                      std::optional<bool>& written) const {
        Datapack d("get", app, std::string(body, 'x'));
        d.set("durable", "1");
        d.set("flag", flag);
        d.set("id", "rin");
        d.set("from", "asker");
        durable->arrivals.arrive(d, {"1234", 7, app, n}, [&written](bool ok) { written = ok; });
    }
    std::string mark(const std::string& app) {
        std::optional<std::string> state;
        durable->outbox.state(
            "1234 0000000000000007 " + app,
            [](void* arg, int, msw_text text) {
                *static_cast<std::optional<std::string>*>(arg) = std::string(text.data, text.size);
            },
            &state, anchor);
        EXPECT_TRUE(wait([&] { return state.has_value(); }));
        return state.value_or("");
    }

    uv::Loop loop;
    uv::Post post{loop.raw()};
    Wakeups wakeups{loop.raw()};
    Log log{static_cast<Priority>(0)};
    Forwarder forwarder{"miku", log};
    FileRoot files;
    Services services;
    uv::Anchor anchor;
    std::map<std::string, std::shared_ptr<Mailbox>> mailboxes;
    std::unique_ptr<Durable> durable;
    std::map<std::string, std::deque<Mail>> mails;
    std::vector<spool::RowId> removed;
};

class InboxTest : public testing::Test {
protected:
    /// The host as it is after a start: what another one left lies on the disk.
    HostForTest& start() {
        host.reset();
        host = std::make_unique<HostForTest>(folder.path(), quotas, disk);
        return *host;
    }
    test::TempFolder folder;
    test::ForgetfulDisk* disk = nullptr;  ///< in place of the folder's
    spool::Quotas quotas;
    std::unique_ptr<HostForTest> host;
};

TEST_F(InboxTest, IsOnDiskUntilItsPluginIsDone) {
    HostForTest& h = start();
    h.add("log");
    h.start();
    h.send("post", "log", "a", "other");
    Mail mail = h.next("log");
    EXPECT_EQ(mail.datapack->get("flag"), "a");
    EXPECT_TRUE(mail.datapack->get("redelivered").empty());
    EXPECT_THAT(h.rows(spool::Box::inbox), SizeIs(1));
    mail.delivery.done();
    EXPECT_TRUE(h.empties(spool::Box::inbox));
}

TEST_F(InboxTest, WhoLeavesWithoutBeingDoneGetsItAgainFiveTimesInAll) {
    HostForTest& h = start();
    h.add("log");
    h.start();
    h.send("post", "log", "a", "other");
    for (int i = 0; i < 5; ++i) {
        const Mail mail = h.next("log");
        EXPECT_EQ(mail.datapack->get("redelivered"), i == 0 ? "" : "1");
    }
    EXPECT_TRUE(h.wait([&] { return h.rows(spool::Box::dead).size() == 1; }));
    EXPECT_THAT(h.rows(spool::Box::inbox), IsEmpty());
}

TEST_F(InboxTest, TheNextStartHandsOnWhatWasLeftInOrder) {
    {
        HostForTest& h = start();
        h.start();
        h.add("log");
        const Mail handed = [&] {
            h.send("post", "log", "a", "other");
            return h.next("log");
        }();
        h.send("post", "log", "b", "other");
        EXPECT_TRUE(h.wait([&] { return h.rows(spool::Box::inbox).size() == 2; }));
    }
    HostForTest& h = start();
    h.start();
    h.add("log");
    std::vector<std::string> order;
    for (int i = 0; i < 3; ++i) {
        Mail mail = h.next("log");
        order.push_back(std::string(mail.datapack->get("flag")) + (mail.datapack->head.has("redelivered") ? "!" : ""));
        mail.delivery.done();
        if (i == 0) h.send("post", "log", "c", "other");
    }
    EXPECT_THAT(order, ElementsAre("a!", "b!", "c")) << "what was in its mailbox may have been taken";
}

TEST_F(InboxTest, WhatWaitsForAPluginThatIsNotThereIsNotHandedOn) {
    start().start();
    host->forwarder.set_absent("log", "it has yet to come");
    host->send("post", "log", "a", "other");
    EXPECT_TRUE(host->wait([&] { return host->rows(spool::Box::inbox).size() == 1; }));
    for (int i = 0; i < 6; ++i) {
        start().start();
        EXPECT_EQ(host->rows(spool::Box::inbox).front().handed, 0U);
    }
    host->add("log");
    EXPECT_TRUE(host->next("log").datapack->get("redelivered").empty());
}

TEST_F(InboxTest, AnAnswerIsWrittenWithTheEndOfItsQuestion) {
    HostForTest& h = start();
    h.add("shell");
    h.add("asker");
    h.start();
    h.send("get", "shell", "q", "asker");
    Mail mail = h.next("shell");
    h.answer(mail, "done");
    EXPECT_EQ(h.rows(spool::Box::inbox).front().app, "shell") << "and not before";
    mail.delivery.done();
    Mail told = h.next("asker");
    EXPECT_EQ(told.datapack->body, "done");
    EXPECT_EQ(told.datapack->get("durable"), "1");
    told.delivery.done();
    EXPECT_TRUE(h.empties(spool::Box::inbox));
}

TEST_F(InboxTest, WhatWasAnsweredWithoutBeingDoneIsAnsweredOnce) {
    HostForTest& h = start();
    h.add("shell");
    h.add("asker");
    h.start();
    h.send("get", "shell", "q", "asker");
    h.answer(h.next("shell"), "from one that died");
    Mail again = h.next("shell");
    h.answer(again, "at last");
    again.delivery.done();
    Mail told = h.next("asker");
    EXPECT_EQ(told.datapack->body, "at last");
    told.delivery.done();
    EXPECT_TRUE(h.empties(spool::Box::inbox));
}

TEST_F(InboxTest, ARefusalIsAnAnswerLikeAnyOther) {
    HostForTest& h = start();
    h.add("shell");
    h.add("asker");
    h.start();
    h.send("get", "shell", "q", "asker");
    Mail mail = h.next("shell");
    h.forwarder.refuse(*mail.datapack, Code::refused, "not today");
    mail.delivery.done();
    const Mail told = h.next("asker");
    EXPECT_EQ(told.datapack->get("error"), "refused");
    EXPECT_EQ(told.datapack->get("durable"), "1");
}

TEST_F(InboxTest, AnAnswerAfterTheEndOfItsQuestionIsDurableToo) {
    HostForTest& h = start();
    h.add("shell");
    h.add("asker");
    h.start();
    h.send("get", "shell", "q", "asker");
    Mail mail = h.next("shell");
    mail.delivery.done();
    EXPECT_TRUE(h.empties(spool::Box::inbox));
    h.answer(mail, "body");
    EXPECT_EQ(h.next("asker").datapack->get("durable"), "1");
}

TEST_F(InboxTest, AnswersForProgramsThatLeftAreForNobodyElse) {
    {
        HostForTest& h = start();
        h.add("shell");
        h.add("@1");
        h.start();
        h.send("get", "shell", "q", "@1");
        EXPECT_TRUE(h.wait([&] { return h.rows(spool::Box::inbox).size() == 1; }));
    }
    HostForTest& h = start();
    h.add("shell");
    h.start();
    Mail mail = h.next("shell");
    h.answer(mail, "body");
    h.add("@1");
    mail.delivery.done();
    EXPECT_TRUE(h.wait([&] {
        const std::vector<spool::Listed> rows = h.rows(spool::Box::inbox);
        return rows.size() == 1 && rows.front().app == "@1";
    }));
    EXPECT_EQ(h.mailboxes["@1"]->numbers().waiting, 0U);
}

TEST_F(InboxTest, WhatComesFromElsewhereIsThereTogetherWithItsMark) {
    HostForTest& h = start();
    h.add("log");
    h.start();
    EXPECT_EQ(h.mark("log"), "");
    EXPECT_TRUE(h.arrive("log", "a", 1));
    EXPECT_EQ(h.mark("log"), "1");
    EXPECT_EQ(h.next("log").datapack->get("id"), "rin");
}

TEST_F(InboxTest, BehindOneThatFoundNoRoomNothingOfItsFlowIsTaken) {
    quotas.per_origin_bytes = 40'000;
    HostForTest& h = start();
    h.add("log");
    h.start();
    EXPECT_TRUE(h.arrive("log", "a", 1));
    std::array<std::optional<bool>, 4> written;
    h.arrive_later("log", "large", 2, 60'000, written[0]);
    h.arrive_later("log", "c", 3, 4, written[1]);
    h.arrive_later("log", "d", 4, 4, written[2]);
    h.arrive_later("other", "e", 1, 4, written[3]);
    EXPECT_TRUE(
        h.wait([&] { return std::all_of(written.begin(), written.end(), [](auto& w) { return w.has_value(); }); }));
    EXPECT_FALSE(*written[0]);
    EXPECT_FALSE(*written[1]) << "the mark would pass the one before over";
    EXPECT_FALSE(*written[2]);
    EXPECT_TRUE(*written[3]) << "another flow goes on";
    EXPECT_EQ(h.mark("log"), "1");
    EXPECT_TRUE(h.arrive("log", "b", 2)) << "it goes on where it was";
    EXPECT_EQ(h.mark("log"), "2");
}

TEST_F(InboxTest, AnAnswerTakesItsQuestionOutOfTheOutboxAndTheTransportHearsOfIt) {
    HostForTest& h = start();
    h.add("asker");
    h.start();
    Datapack question("get", "log", "when?");
    question.set("flag", "q");
    question.set("from", "asker");
    const spool::RowId id = h.send(question);
    Datapack answer("reply", "asker", "now");
    for (const auto& [name, value] : {std::pair("flag", "q"), {"from", "log"}, {"id", "rin"}, {"durable", "1"}}) {
        answer.set(name, value);
    }
    std::optional<bool> written;
    h.durable->arrivals.arrive(answer, {"1234", 7, "@", 1}, [&written](bool ok) { written = ok; });
    EXPECT_TRUE(h.wait([&] { return written.has_value(); }));
    EXPECT_EQ(written, true);
    EXPECT_THAT(h.removed, ElementsAre(id)) << "the receipt of the question may be lost";
    EXPECT_TRUE(h.empties(spool::Box::outbox));
}

TEST_F(InboxTest, LargeOnesThatMustWaitOnDiskAreHandedForTheFirstTimeAllTheSame) {
    HostForTest& h = start();
    h.add("log");
    h.start();
    EXPECT_TRUE(h.arrive("log", "the disk has been read", 1));
    h.next("log").delivery.done();
    constexpr std::size_t kMany = 7;
    std::array<std::optional<bool>, kMany> written;
    for (std::size_t i = 0; i < kMany; ++i) {  // while the first is written the others gather
        h.arrive_later("log", "many", 2 + i, i == 0 ? 4 : Inbox::kMostLoadedBytes / 2, written.at(i));
    }
    for (std::size_t i = 0; i < kMany; ++i) {
        Mail mail = h.next("log");
        EXPECT_EQ(mail.datapack->get("redelivered"), "") << i;
        mail.delivery.done();
    }
    EXPECT_TRUE(h.empties(spool::Box::inbox));
}

TEST_F(InboxTest, WhereThereIsRoomForAPartOfThemTheyAreToldInTheirOrder) {
    quotas.per_origin_bytes = 40'000;
    HostForTest& h = start();
    h.add("log");
    h.start();
    std::vector<std::pair<std::uint64_t, bool>> told;
    const std::function<void(std::uint64_t, std::size_t)> arrive = [&](std::uint64_t n, std::size_t body) {
        Datapack d("get", "log", std::string(body, 'x'));
        d.set("id", "rin");
        h.durable->arrivals.arrive(d, {"1234", 7, "log", n}, [&told, &arrive, n](bool ok) {
            told.emplace_back(n, ok);
            if (n == 2) arrive(5, 4);  // there is room for it in memory again
        });
    };
    arrive(1, 4);  // the others wait for it, and are written in one go
    arrive(2, 4);
    arrive(3, 60'000);
    arrive(4, 4);
    EXPECT_TRUE(h.wait([&] { return told.size() == 5; }));
    EXPECT_THAT(told, ElementsAre(std::pair(1U, true), std::pair(2U, true), std::pair(3U, false), std::pair(4U, false),
                                  std::pair(5U, false)))
        << "5 came while the others were told, and would have passed 3 over";
    EXPECT_EQ(h.mark("log"), "2");
}

TEST(InboxOnADiskThatFails, WhatWasReceivedIsTakenOffItInTheEnd) {
    test::ForgetfulDisk disk;
    const test::ForgetfulVfs vfs(disk, "inbox_test");
    const test::TempFolder folder;
    HostForTest h(folder.path(), {}, &disk);
    h.start();
    const spool::RowId id = h.send(Datapack("post", "log", "body"));
    disk.fail_all_syncs(true);
    h.durable->outbox.received(&id, 1, true);  // it is in doubt whether this one is there
    const auto answers = [&](bool well) {
        const auto answered = std::make_shared<std::optional<bool>>();  // some come when nobody waits any more
        return h.wait([&] {
            h.durable->words.ask("ls outbox", [answered](const Result<std::string>& text) { *answered = text.ok(); });
            return *answered == well;
        });
    };
    EXPECT_TRUE(answers(false));
    h.durable->outbox.received(&id, 1, false);
    EXPECT_TRUE(answers(false)) << "and so that one is refused";
    disk.fail_all_syncs(false);
    EXPECT_TRUE(answers(true));
    EXPECT_TRUE(h.empties(spool::Box::outbox));
}

TEST_F(InboxTest, AnUnknownAppIsAnsweredDurably) {
    HostForTest& h = start();
    h.start();
    EXPECT_TRUE(h.arrive("nobody", "a", 1));
    Mail answer = h.next("net");
    EXPECT_EQ(answer.datapack->get("error"), "no-such-app");
    EXPECT_EQ(answer.datapack->get("to"), "rin");
    EXPECT_TRUE(answer.delivery.kept()) << "it is on disk until the transport has it there";
    EXPECT_EQ(h.mark("nobody"), "1");
}

TEST_F(InboxTest, OfManyOnlyAPartIsInMemoryAndAllComeInOrder) {
    HostForTest& h = start();
    h.start();
    h.forwarder.set_absent("log", "it has yet to start");
    constexpr int kMany = 1000;
    for (int i = 0; i < kMany; ++i) h.send("post", "log", std::to_string(i), "other");
    EXPECT_TRUE(h.wait([&] { return h.rows(spool::Box::inbox).size() == kMany; }));
    h.add("log");
    for (int i = 0; i < kMany; ++i) {
        Mail mail = h.next("log");
        ASSERT_EQ(mail.datapack->get("flag"), std::to_string(i));
        EXPECT_TRUE(mail.datapack->get("redelivered").empty());
        EXPECT_LE(h.mailboxes["log"]->numbers().waiting, Inbox::kMostWithPlugin);
        mail.delivery.done();
    }
    EXPECT_TRUE(h.empties(spool::Box::inbox));
}

TEST_F(InboxTest, ADeadLetterGetsAnotherTry) {
    HostForTest& h = start();
    h.add("log");
    h.start();
    h.send("post", "log", "a", "other");
    for (int i = 0; i < 5; ++i) (void)h.next("log");
    EXPECT_TRUE(h.wait([&] { return h.rows(spool::Box::dead).size() == 1; }));
    std::string said;
    h.durable->words.ask("retry " + std::to_string(h.rows(spool::Box::dead).front().row),
                         [&](const Result<std::string>& text) { said = text ? *text : text.error().text; });
    EXPECT_EQ(h.next("log").datapack->get("flag"), "a") << said;
    EXPECT_THAT(h.rows(spool::Box::dead), IsEmpty());
}

}  // namespace
}  // namespace msw::durable
