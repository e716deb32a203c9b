// Both ends of a flow with a bad network between them: whatever is lost, doubled, late or out of order, the plugin gets
// each Datapack once and in order, and the origin's account agrees.
#include "plugins/net/core/flow/in_flow.hpp"
#include "plugins/net/core/flow/out_flow.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>

namespace msw::net {
namespace {

/// One direction of the network: what is in it may be lost, doubled, and come in any order.
template <class T>
class Network {
public:
    void send(T thing) { under_way_.push_back(std::move(thing)); }
    /// @return something that arrives, or nothing
    std::optional<T> receive(std::mt19937_64& random) {
        if (under_way_.empty()) return std::nullopt;
        const std::size_t i = random() % std::min<std::size_t>(under_way_.size(), 4);
        T thing = under_way_[i];
        if (random() % 10 != 0) under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
        if (random() % 5 == 0) return std::nullopt;
        return thing;
    }
    void cut() { under_way_.clear(); }

private:
    std::deque<T> under_way_;
};

struct Packet {
    Envelope envelope;
    std::shared_ptr<const Datapack> datapack;
};
struct Word {
    Run run;
    std::uint64_t mark;
    std::string beyond;
    std::uint64_t credit;
};

class Pair {
public:
    Pair(FlowClass flow_class, std::uint64_t seed) : random_(seed), class_(flow_class), origin_(flow_class, 0xa) {
        start_destination();
        meet();
    }

    void run(std::size_t count) {
        while (accepted_ < count || !origin_.empty()) {
            ASSERT_LT(++steps_, 2'000'000U) << "it came to a halt with " << origin_.held().size() << " at the origin";
            step(count);
            if (testing::Test::HasFatalFailure()) return;
        }
        finish();
    }

    std::uint64_t steps_ = 0;
    std::vector<std::uint64_t> handed_;  // numbers, as the plugin got them
    std::set<std::uint64_t> again_;      // of those, that were marked as maybe not for the first time
    std::set<std::uint64_t> unconfirmed_, expired_, received_;
    std::set<std::uint64_t> died_;  // ordinary ones that had arrived and ended with the destination's run
    bool restarts_ = false;

private:
    void step(std::size_t count) {
        now_ += Time(random_() % 4);
        switch (random_() % 8) {
            case 0:
                if (accepted_ < count) accept();
                break;
            case 1:
            case 2:
                if (origin_.next() != nullptr) {
                    const Held* h = origin_.next();
                    const std::shared_ptr<const Datapack> d = h->datapack;
                    there_.send({origin_.send(now_), d});
                }
                break;
            case 3:
            case 4:
                if (auto packet = there_.receive(random_)) arrive(*packet);
                break;
            case 5:
                if (auto word = back_.receive(random_)) hear(*word);
                break;
            case 6: plugin(); break;
            default: now_and_then(); break;
        }
        if (destination_->must_tell(now_)) tell();
    }

    void accept() {
        Held h;
        ++accepted_;
        Datapack d("post", "shell", std::string(random_() % 40 == 0 ? kFirstCredit * 3 : random_() % 9000, 'x'));
        d.set("number", std::to_string(accepted_));
        h.charge = charge_of(d);
        h.datapack = std::make_shared<const Datapack>(std::move(d));
        h.expires = random_() % 20 == 0 ? now_.count() + static_cast<std::int64_t>(random_() % 5000) : INT64_MAX;
        if (class_ == FlowClass::durable) h.sent_for = run_;
        const std::uint64_t n = origin_.add(std::move(h));
        EXPECT_EQ(n, accepted_);
    }

    void arrive(Packet& packet) {
        if (packet.envelope.destination != run_) return;
        Datapack d = *packet.datapack;
        if (packet.envelope.redelivered) d.set("redelivered", "1");
        (void)destination_->arrive(packet.envelope, d, now_);
    }

    void plugin() {
        if (destination_->front() != nullptr) {
            const std::uint64_t n = destination_->front_number();
            const bool again = destination_->front()->head.has("redelivered");
            if (class_ == FlowClass::ordinary) {
                here_.insert(n);
                hand(n, again);
                destination_->handed(true, now_);
            } else {
                const std::uint64_t token = destination_->committing();
                const bool ok = random_() % 20 != 0;
                if (ok) {
                    on_disk_.insert(n);
                    hand(n, again);
                }
                destination_->committed(token, ok, now_);
            }
        } else {
            destination_->taken(now_);
        }
    }

    void hand(std::uint64_t n, bool again) {
        handed_.push_back(n);
        if (again) again_.insert(n);
    }

    void tell() {
        back_.send({run_, destination_->mark(), destination_->beyond(), destination_->credit()});
        destination_->told();
    }

    void hear(const Word& word) {
        if (word.run != origin_.destination()) return;
        for (const Held& h : origin_.receipt(word.mark, word.beyond, now_).received) {
            EXPECT_TRUE(here_.contains(h.n) || on_disk_.contains(h.n) || destination_->mark() >= h.n || restarts_)
                << "a receipt for " << h.n << ", which is not there";
            received_.insert(h.n);
        }
        (void)origin_.credit(word.credit);
    }

    void now_and_then() {
        if (random_() % 20 != 0) return;
        for (const Held& h : origin_.expire(now_.count())) expired_.insert(h.n);
        origin_.forget_seen();
        origin_.rewind();  // the timer ran out, or a link broke
        if (random_() % 4 == 0) there_.cut();
        if (origin_.must_tell_low() || origin_.starved()) destination_->pass(origin_.low(), origin_.low_at(), now_);
        if (restarts_ && random_() % 30 == 0) {
            start_destination();
            if (random_() % 2 == 0) meet();
        }
        if (origin_.destination() != run_ && random_() % 3 == 0) meet();
    }

    void start_destination() {
        run_ = random_() | 1U;
        while (class_ == FlowClass::ordinary && destination_ && destination_->front() != nullptr) {
            died_.insert(destination_->front_number());
            destination_->handed(false, now_);
        }
        here_.clear();
        const std::uint64_t mark = on_disk_.empty() ? 0 : *on_disk_.rbegin();
        destination_ = std::make_unique<InFlow>(class_, "shell", pool_, mark);
    }

    void meet() {
        for (const Held& h : origin_.meet(run_)) unconfirmed_.insert(h.n);
        if (class_ == FlowClass::ordinary) return;
        for (Held& h : origin_.held()) {
            if (h.sent_for != kNoRun && h.sent_for != run_) h.redelivered = true;
            h.sent_for = run_;
        }
    }

    void finish() {
        while (destination_->front() != nullptr || !destination_->idle()) {
            ASSERT_LT(++steps_, 2'000'000U);
            if (destination_->front() == nullptr) destination_->pass(origin_.low(), origin_.low_at(), now_);
            plugin();
        }
        EXPECT_EQ(pool_.held(), 0U);
        EXPECT_EQ(origin_.under_way(), 0U);
    }

    std::mt19937_64 random_;
    FlowClass class_;
    Time now_{0};
    std::uint64_t accepted_ = 0;
    OutFlow origin_;
    Network<Packet> there_;
    Network<Word> back_;
    Run run_ = kNoRun;
    Pool pool_;
    std::unique_ptr<InFlow> destination_;
    std::set<std::uint64_t> here_, on_disk_;
};

constexpr std::size_t kCount = 300;

void once_and_in_order(const Pair& pair, std::uint64_t seed) {
    std::uint64_t last = 0;
    for (const std::uint64_t n : pair.handed_) {
        EXPECT_GT(n, last) << "seed " << seed;
        last = n;
    }
    const std::set<std::uint64_t> handed(pair.handed_.begin(), pair.handed_.end());
    for (std::uint64_t n = 1; n <= kCount; ++n) {
        EXPECT_TRUE(handed.contains(n) || pair.expired_.contains(n) || pair.unconfirmed_.contains(n) ||
                    pair.died_.contains(n))
            << n << " is nowhere, seed " << seed;
        EXPECT_EQ(pair.received_.contains(n) + pair.expired_.contains(n) + pair.unconfirmed_.contains(n), 1)
            << n << " ends otherwise than once at its origin, seed " << seed;
    }
}

TEST(FlowPair, LosesAndDoublesNothing) {
    for (const FlowClass flow_class : {FlowClass::ordinary, FlowClass::durable}) {
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            Pair pair(flow_class, seed);
            pair.run(kCount);
            ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
            once_and_in_order(pair, seed);
            EXPECT_TRUE(pair.unconfirmed_.empty() && pair.again_.empty());
            EXPECT_LT(pair.expired_.size(), kCount / 10);
        }
    }
}

TEST(FlowPair, LosesNothingWhenTheDestinationStartsAnew) {
    std::size_t unconfirmed = 0;
    std::size_t again = 0;
    for (const FlowClass flow_class : {FlowClass::ordinary, FlowClass::durable}) {
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            Pair pair(flow_class, seed);
            pair.restarts_ = true;
            pair.run(kCount);
            ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
            once_and_in_order(pair, seed);
            if (flow_class == FlowClass::durable) {
                EXPECT_TRUE(pair.unconfirmed_.empty());
                again += pair.again_.size();
            }
            unconfirmed += pair.unconfirmed_.size();
        }
    }
    EXPECT_GT(unconfirmed, 0U);
    EXPECT_GT(again, 0U);
}

}  // namespace
}  // namespace msw::net
