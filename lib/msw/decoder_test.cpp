#include "msw/decoder.hpp"

#include "msw/encoder.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace msw {
namespace {

/// What a stream of bytes says, as lines; the pieces of a file joined.
std::vector<std::string> decode(std::string_view bytes, std::size_t step, Decoder::Limits limits = {}) {
    Decoder decoder(limits);
    std::vector<std::string> seen;
    std::string file;
    const auto drain = [&] {
        for (;;) {
            switch (decoder.next()) {
                case Decoder::Event::more: return true;
                case Decoder::Event::error: seen.push_back("error: " + decoder.error().text); return false;
                case Decoder::Event::piece: file += decoder.piece(); break;
                case Decoder::Event::file: seen.push_back("file of " + std::to_string(decoder.file_size())); break;
                case Decoder::Event::file_end: seen.push_back("file end: " + std::exchange(file, {})); break;
                case Decoder::Event::datapack: {
                    const Datapack d = std::move(decoder.datapack());
                    std::string text = d.method + ' ' + d.app + ' ' + std::string(name_of(d.version));
                    for (const Field f : d.head) text.append("|").append(f.name).append("=").append(f.value);
                    seen.push_back(text + "|" + d.body);
                    break;
                }
            }
        }
    };
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        decoder.feed(bytes.substr(at, step));
        if (!drain()) return seen;
    }
    if (!decoder.at_boundary()) seen.emplace_back("(in the middle)");
    return seen;
}

std::string first(std::string_view bytes, Decoder::Limits limits = {}) {
    const std::vector<std::string> seen = decode(bytes, bytes.size(), limits);
    return seen.empty() ? "" : seen.front();
}

TEST(Decoder, ReadsTheExampleOfTheWirePage) {
    EXPECT_EQ(first("post shell msw/0.1\nid: probe\nfrom: test\nflag: 00000003\nlength: 7\n\necho hi"),
              "post shell msw/0.1|id=probe|from=test|flag=00000003|echo hi");
}

TEST(Decoder, AnySplitGivesTheSame) {
    const std::string bytes =
        "post a msw/1\nlength: 0\n\n"
        "get b&c msw/1\nname: x%0Ay%25\nto: *\nlength: 3\n\n\n\n\n"
        "file log msw/0.1\nfilename: a: b\nlength: 11\n\nhello\n\nfile"
        "file log msw/1\nlength: 0\n\n"
        "reply @1 msw/0.1\nraw: 50%\nempty:\nlength: 1\n\nz";
    const std::vector<std::string> whole = decode(bytes, bytes.size());
    const std::vector<std::string> expected{"post a msw/1|",
                                            "get b&c msw/1|name=x\ny%|to=*|\n\n\n",
                                            "file of 11",
                                            "file end: hello\n\nfile",
                                            "file of 0",
                                            "file end: ",
                                            "reply @1 msw/0.1|raw=50%|z"};
    EXPECT_EQ(whole, expected);
    for (std::size_t step = 1; step < bytes.size(); ++step) EXPECT_EQ(decode(bytes, step), whole) << step;
}

TEST(Decoder, EveryCutIsSeenAsAnUnfinishedDatapack) {
    const std::string bytes = "post shell msw/1\nid: a\nlength: 4\n\nbody";
    for (std::size_t n = 1; n < bytes.size(); ++n) {
        EXPECT_EQ(decode(bytes.substr(0, n), n), std::vector<std::string>{"(in the middle)"}) << n;
    }
}

struct Bad {
    const char* bytes;
    const char* says;
};

TEST(Decoder, SaysWhatIsWrong) {
    const std::vector<Bad> table{
        {"hello\n", "first line"},
        {"post  shell msw/1\n", "first line"},
        {"post shell msw/1 x\n", "first line"},
        {"p/st shell msw/1\n", "not a method"},
        {"post sh/ll msw/1\n", "not an app"},
        {"post shell http/1.1\n", "version"},
        {"post shell msw/1\nid a\n", "`name: value`"},
        {"post shell msw/1\nid:a\n", "`name: value`"},
        {"post shell msw/1\nna me: a\n", "not a field name"},
        {"post shell msw/1\n: a\n", "not a field name"},
        {"post shell msw/1\nid: a\nid: b\n", "twice"},
        {"post shell msw/1\nlength: 1\nlength: 1\n", "twice"},
        {"post shell msw/1\nlength: -1\n", "decimal"},
        {"post shell msw/1\nlength: 1x\n", "decimal"},
        {"post shell msw/1\nlength: \n", "decimal"},
        {"post shell msw/1\nlength: 18446744073709551616\n", "decimal"},
        {"post shell msw/1\nid: a\n\n", "no `length`"},
        {"post shell msw/1\nlength: 16777217\n\n", "larger than"},
        {"post shell msw/1\nid: a%4\nlength: 0\n\n", "percent-encoded"},
        {"post shell msw/1\nid: a%00\nlength: 0\n\n", "percent-encoded"},
        {"post shell msw/1\nid: a\tb\nlength: 0\n\n", "percent-encoded"},
        {"post shell msw/1\nid: \xff\nlength: 0\n\n", "percent-encoded"},
    };
    for (const Bad& bad : table) {
        const std::string bytes = bad.bytes;
        EXPECT_NE(first(bytes).find(bad.says), std::string::npos) << bytes << " gives " << first(bytes);
        EXPECT_EQ(first(bytes).substr(0, 6), "error:") << bytes;
        EXPECT_EQ(decode(bytes, 1).back(), first(bytes)) << bytes;
    }
    EXPECT_NE(first(std::string_view("post shell msw/0.1\nid: a\0b\n", 27)).find("NUL"), std::string::npos);
}

TEST(Decoder, LimitsTheHead) {
    const std::string long_line = "post shell msw/1\nid: " + std::string(20000, 'a');
    EXPECT_NE(first(long_line).find("longer than 16384"), std::string::npos);
    EXPECT_NE(decode(long_line, 7).front().find("longer than 16384"), std::string::npos);
    std::string many = "post shell msw/1\n";
    for (int i = 0; i < 128; ++i) many += "f" + std::to_string(i) + ": 1\n";
    EXPECT_NE(first(many + "length: 0\n\n").find("more than 128"), std::string::npos);
}

TEST(Decoder, TakesAHeadAndABodyOfExactlyTheLimit) {
    const Decoder::Limits limits{64, 4, 8, UINT64_MAX};
    std::string head = "post shell msw/1\nlength: 8\nid: ";
    head += std::string(64 - head.size() - 2, 'a') + "\n\n";
    ASSERT_EQ(head.size(), 64U);
    EXPECT_EQ(first(head + "12345678", limits).substr(0, 10), "post shell");
    EXPECT_NE(first("post shell msw/1\nlength: 9\n\n", limits).find("larger"), std::string::npos);
}

TEST(Decoder, StaysBrokenAfterAnError) {
    Decoder decoder;
    decoder.feed("nonsense\n");
    EXPECT_EQ(decoder.next(), Decoder::Event::error);
    decoder.feed("post a msw/1\nlength: 0\n\n");
    EXPECT_EQ(decoder.next(), Decoder::Event::error);
}

TEST(Decoder, ReadsManyThroughAReusedBuffer) {
    Decoder decoder;
    std::string bytes;
    for (int i = 0; i < 5000; ++i)
        bytes += "post a msw/1\nflag: " + std::to_string(i) + "\nlength: 100\n\n" + std::string(100, 'x');
    int next = 0;
    for (std::size_t at = 0; at < bytes.size(); at += 4093) {
        decoder.feed(std::string_view(bytes).substr(at, 4093));
        while (decoder.next() == Decoder::Event::datapack) {
            EXPECT_EQ(decoder.datapack().get("flag"), std::to_string(next++));
            EXPECT_EQ(decoder.datapack().body.size(), 100U);
        }
    }
    EXPECT_EQ(next, 5000);
}

TEST(Decoder, FindsWhatNeedsASecondLookWhereverItStands) {
    for (std::size_t length = 1; length < 50; ++length) {
        for (std::size_t at = 0; at < length; ++at) {
            for (const std::string odd : {"%0A", "\xc3\xa9"}) {
                const std::string before(at, 'x');
                const std::string after(length - at - 1, 'y');
                std::string bytes = "post a msw/1\nk: ";
                bytes.append(before).append(odd).append(after).append("\nlength: 0\n\n");
                std::string value = before;
                value.append(odd == "%0A" ? "\n" : odd).append(after);
                EXPECT_EQ(first(bytes), "post a msw/1|k=" + value + "|");
            }
            std::string del = "post a msw/1\nk: " + std::string(at, 'x') + "\x7f\nlength: 0\n\n";
            EXPECT_EQ(first(del).substr(0, 6), "error:");
        }
    }
}

TEST(Decoder, KnowsADoubledNameAmongMany) {
    std::string bytes = "post a msw/1\n";
    for (int i = 0; i < 100; ++i) bytes += "name" + std::to_string(i) + ": x\n";
    EXPECT_EQ(first(bytes + "length: 0\n\n").substr(0, 12), "post a msw/1");
    EXPECT_EQ(first(bytes + "name57: y\nlength: 0\n\n"), "error: the field \"name57\" is given twice");
}

TEST(Decoder, MakesADatapackWhereItIsTold) {
    Decoder decoder;
    Datapack mine("reply", "old", "old");
    decoder.decode_into(mine);
    decoder.feed("post shell msw/1\nlength: 2\nflag: x\n\nhi");
    ASSERT_EQ(decoder.next(), Decoder::Event::datapack);
    EXPECT_EQ(&decoder.datapack(), &mine);
    EXPECT_EQ(mine.method + mine.app + mine.body, "postshellhi");
    EXPECT_EQ(mine.get("flag"), "x");
    EXPECT_EQ(mine.head.size(), 1U);
}

}  // namespace
}  // namespace msw
