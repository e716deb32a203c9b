// The files of the releases on a disk that loses power: whatever is left, the next start comes to the same end.
#include "plugins/update/release_store.hpp"

#include "tests/support/forgetful_disk.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace msw::release {
namespace {

using test::Forget;
using test::ForgetfulDisk;

const std::string kOld(64, 'a');
const std::string kNew(64, 'b');
const Runnable kAll = [](const std::string&) { return true; };

/// Do the steps of a start. @return whether all were done
bool start(const Store& store, const State& state) {
    const Plan plan = plan_start(state, kAll);
    for (const Step& step : plan.steps) {
        if (store.apply(step) != 0) return false;
    }
    return true;
}

/// What is on a disk, read as the launcher reads it.
State state_of(const ForgetfulDisk& disk) {
    const test::TempFolder folder;
    disk.copy_out("/state", folder.path());
    return Store(folder.path()).read();
}

/// A disk on which `kOld` runs and `next` is to be tried.
void prepare(ForgetfulDisk& disk, const std::string& next) {
    const Store store("/state", disk);
    ASSERT_EQ(store.apply({Step::Kind::set_current, kOld}), 0);
    ASSERT_EQ(store.apply({Step::Kind::set_previous, std::string(kBase)}), 0);
    ASSERT_EQ(store.set_next(next), 0);
}

TEST(ReleaseStore, APowerCutAtAnyStepOfAStartLeadsToTheSameEnd) {
    ForgetfulDisk whole;
    prepare(whole, kNew);
    ASSERT_TRUE(start(Store("/state", whole), state_of(whole)));
    const State end = state_of(whole);
    ASSERT_EQ(end.current, kNew);
    ASSERT_EQ(end.previous, kOld);
    ASSERT_EQ(end.trial, (Trial{kNew, 1}));

    bool ran_through = false;
    for (std::uint64_t step = 1; !ran_through; ++step) {
        ASSERT_LT(step, 100U);
        for (const Forget forget : {Forget::all, Forget::torn, Forget::nothing, Forget::some}) {
            for (std::uint64_t seed = 0; seed < (forget == Forget::some ? 8U : 1U); ++seed) {
                SCOPED_TRACE("cut at step " + std::to_string(step) + ", way " +
                             std::to_string(static_cast<int>(forget)) + ", seed " + std::to_string(seed));
                ForgetfulDisk disk;
                prepare(disk, kNew);
                disk.cut_at(step);
                ran_through = start(Store("/state", disk), state_of(disk));
                disk.restart(forget, seed);
                const State left = state_of(disk);
                if (ran_through) {
                    EXPECT_EQ(left, end);
                    continue;
                }
                ASSERT_TRUE(start(Store("/state", disk), left));
                const State after = state_of(disk);
                // Either it is tried now, or the cut came in its first start, which then counts as one.
                EXPECT_TRUE(after == end || (after.current == kOld && !after.trial)) << after.current;
                EXPECT_TRUE(after.next.empty());
            }
        }
    }
}

}  // namespace
}  // namespace msw::release
