#include "plugins/net/io/tls/tls_terms.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

namespace msw::net {
namespace {

using namespace std::string_view_literals;

TEST(TlsTerms, NamesStandBehindTheirLengths) {
    constexpr std::array kNames{"msw/1"sv, "x"sv};
    EXPECT_EQ(protocol_list(kNames), "\x05msw/1\x01x");
    EXPECT_THROW((void)protocol_list({}), std::invalid_argument);
    constexpr std::array kEmpty{""sv};
    EXPECT_THROW((void)protocol_list(kEmpty), std::invalid_argument);
    const std::string longest(255, 'a');
    const std::string longer(256, 'a');
    EXPECT_EQ(protocol_list(std::array{std::string_view(longest)}), "\xff" + longest);
    EXPECT_THROW((void)protocol_list(std::array{std::string_view(longer)}), std::invalid_argument);
}

TEST(TlsTerms, TheFirstOfOursThatTheyHaveIsTaken) {
    struct Row {
        std::string_view ours, theirs, common;
    };
    constexpr Row kRows[] = {
        {"\x01"
         "a\x01"
         "b"sv,
         "\x01"
         "b\x01"
         "a"sv,
         "a"sv},
        {"\x01"
         "a\x01"
         "b"sv,
         "\x01"
         "c\x01"
         "b"sv,
         "b"sv},
        {"\x01"
         "a"sv,
         "\x01"
         "b"sv,
         ""sv},
        {"\x01"
         "a"sv,
         ""sv, ""sv},
        {"\x01"
         "a"sv,
         "\x00\x01"
         "a"sv,
         ""sv},
        {"\x01"
         "a"sv,
         "\x02"
         "ab"sv,
         ""sv},
        {"\x02"
         "ab"sv,
         "\x01"
         "a"sv,
         ""sv},
        {"\x02"
         "ab"sv,
         "\x02"
         "a"sv,
         ""sv},
        {"\x01"
         "a"sv,
         "\xff"
         "a"sv,
         ""sv},
    };
    for (const Row& row : kRows) EXPECT_EQ(common_protocol(row.ours, row.theirs), row.common);
}

}  // namespace
}  // namespace msw::net
