#include "msw/encoder.hpp"

#include "msw/decoder.hpp"

#include <gtest/gtest.h>
#include <string>

namespace msw {
namespace {

std::string joined(Encoder& encoder) {
    std::string out;
    for (const iovec& part : encoder.iovecs()) out.append(static_cast<const char*>(part.iov_base), part.iov_len);
    return out;
}

Datapack sample() {
    Datapack d("post", "shell", "echo hi");
    d.set("id", "a");
    d.set("note", "two\nlines, 100%, \xff");
    return d;
}

TEST(Encoder, WritesAsThePageSays) {
    Datapack d("post", "shell", "echo hi");
    d.set("id", "probe");
    d.set("flag", "3");
    EXPECT_EQ(*encode(d, Dialect::v0_1), "post shell msw/0.1\nid: probe\nflag: 3\nlength: 7\n\necho hi");
    EXPECT_EQ(*encode(d, Dialect::v1), "post shell msw/1\nid: probe\nflag: 3\nlength: 7\n\necho hi");
}

TEST(Encoder, EscapesWhatALineCantHold) {
    EXPECT_EQ(*encode(sample(), Dialect::v1),
              "post shell msw/1\nid: a\nnote: two%0Alines, 100%25, %FF\nlength: 7\n\necho hi");
}

TEST(Encoder, RefusesWhatTheOldFormatCantHold) {
    EXPECT_FALSE(encode(sample(), Dialect::v0_1).ok());
    Datapack colon("post", "shell");
    colon.set("note", "a: b");
    EXPECT_TRUE(encode(colon, Dialect::v0_1).ok());
    const Result<std::string> old = encode(colon, Dialect::old_host);
    ASSERT_FALSE(old.ok());
    EXPECT_NE(old.error().text.find("`note`"), std::string::npos);
}

TEST(Encoder, RefusesWordsThatWouldForgeALine) {
    EXPECT_FALSE(encode(Datapack("post", "shell x"), Dialect::v1).ok());
    EXPECT_FALSE(encode(Datapack("po\nst", "shell"), Dialect::v1).ok());
    EXPECT_FALSE(encode(Datapack("post", ""), Dialect::v1).ok());
    Datapack d("post", "shell");
    d.set("a b", "1");
    EXPECT_FALSE(encode(d, Dialect::v1).ok());
}

TEST(Encoder, LeavesNothingBehindAfterAnError) {
    Encoder encoder(Dialect::v0_1);
    ASSERT_TRUE(encoder.add(Datapack("post", "a", "1")).ok());
    const std::size_t before = encoder.bytes();
    ASSERT_FALSE(encoder.add(sample()).ok());
    EXPECT_EQ(encoder.bytes(), before);
    EXPECT_EQ(joined(encoder), "post a msw/0.1\nlength: 1\n\n1");
}

TEST(Encoder, GathersSmallAndLargeBodiesInOrder) {
    Encoder encoder(Dialect::v1);
    const Datapack small("post", "a", "small");
    const Datapack large("post", "b", std::string(100000, 'L'));
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(encoder.add(small).ok());
        ASSERT_TRUE(encoder.add(large).ok());
    }
    const std::string all = joined(encoder);
    EXPECT_EQ(all.size(), encoder.bytes());
    Decoder decoder;
    decoder.feed(all);
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(decoder.next(), Decoder::Event::datapack);
        EXPECT_EQ(decoder.datapack().body, small.body);
        ASSERT_EQ(decoder.next(), Decoder::Event::datapack);
        EXPECT_EQ(decoder.datapack().body, large.body);
    }
    EXPECT_EQ(decoder.next(), Decoder::Event::more);
    EXPECT_TRUE(decoder.at_boundary());
    encoder.clear();
    EXPECT_TRUE(encoder.empty());
    EXPECT_TRUE(encoder.iovecs().empty());
}

TEST(Encoder, WhatIsWrittenIsReadBack) {
    // Every byte but NUL in a value, at every place of a short one.
    for (int c = 1; c < 256; ++c) {
        for (const std::string& value :
             {std::string(1, static_cast<char>(c)), "a" + std::string(1, static_cast<char>(c)) + "b",
              std::string(3, static_cast<char>(c))}) {
            Datapack d("post", "a", value);
            d.set("value", value);
            const Result<std::string> bytes = encode(d, Dialect::v1);
            ASSERT_TRUE(bytes.ok());
            Decoder decoder;
            decoder.feed(*bytes);
            ASSERT_EQ(decoder.next(), Decoder::Event::datapack) << c << decoder.error().text;
            EXPECT_EQ(decoder.datapack().get("value"), value) << c;
            EXPECT_EQ(decoder.datapack().body, value) << c;
        }
    }
}

}  // namespace
}  // namespace msw
