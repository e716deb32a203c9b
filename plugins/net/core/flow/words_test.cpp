#include "plugins/net/core/flow/words.hpp"

#include "plugins/net/core/flow/in_flow.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::HasSubstr;

const FlowName kShell{FlowClass::ordinary, 0x9f86d081884c7d65, "shell"};
const FlowName kAnswers{FlowClass::durable, 1, "@"};

TEST(FlowWords, AreReadAsTheyAreWritten) {
    std::string body;
    write_word(ReceiptWord{kShell, 17, {}}, body);
    write_word(ReceiptWord{kAnswers, 0, std::string("\x06\xa0", 2)}, body);
    EXPECT_EQ(body,
              "o 9f86d081884c7d65 shell 17\n"
              "d 0000000000000001 @ 0 06a0\n");
    const auto receipts = parse_receipts(body);
    ASSERT_TRUE(receipts);
    EXPECT_EQ(*receipts, (std::vector<ReceiptWord>{{kShell, 17, {}}, {kAnswers, 0, std::string("\x06\xa0", 2)}}));

    body.clear();
    write_word(WindowWord(CreditWord{kShell, 66048}), body);
    write_word(WindowWord(LowWord{kAnswers, 20, 4711}), body);
    EXPECT_EQ(body,
              "o 9f86d081884c7d65 shell credit 66048\n"
              "d 0000000000000001 @ low 20 4711\n");
    const auto windows = parse_windows(body);
    ASSERT_TRUE(windows);
    EXPECT_EQ(*windows, (std::vector<WindowWord>{CreditWord{kShell, 66048}, LowWord{kAnswers, 20, 4711}}));
}

TEST(FlowWords, RefuseWhatMakesNoSense) {
    for (const char* line :
         {"", "x 9f86d081884c7d65 shell 17", "o 9f86d081884c7d6 shell 17", "o 0000000000000000 shell 17",
          "o 9f86d081884c7d65 shell", "o 9f86d081884c7d65  17", "o 9f86d081884c7d65 shell -1",
          "o 9f86d081884c7d65 shell 17 0", "o 9f86d081884c7d65 shell 17 0G", "o 9f86d081884c7d65 shell 17 06 06",
          "o 9f86d081884c7d65 sh:ell 17", "o 9f86d081884c7d65 shell 9223372036854775807"}) {
        const auto words = parse_receipts(std::string(line) + "\n");
        ASSERT_FALSE(words) << line;
        EXPECT_THAT(words.error().text, HasSubstr("line 1"));
    }
    for (const char* line : {"o 9f86d081884c7d65 shell credit", "o 9f86d081884c7d65 shell credit 1 2",
                             "o 9f86d081884c7d65 shell low 0 0", "o 9f86d081884c7d65 shell low 1",
                             "o 9f86d081884c7d65 shell high 1 2", "o 9f86d081884c7d65 shell low 1 2 3 4"}) {
        EXPECT_FALSE(parse_windows(line)) << line;
    }
}

TEST(FlowWords, HaveBounds) {
    std::string body;
    for (std::size_t i = 0; i < kMostWords; ++i) write_word(ReceiptWord{kShell, i, {}}, body);
    EXPECT_TRUE(parse_receipts(body));
    write_word(ReceiptWord{kShell, 0, {}}, body);
    EXPECT_FALSE(parse_receipts(body));
    body.clear();
    write_word(ReceiptWord{kShell, 0, std::string(InFlow::kMostBeyond / 8 + 1, '\x01')}, body);
    EXPECT_FALSE(parse_receipts(body));
}

}  // namespace
}  // namespace msw::net
