// The command line of mesh_sim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::sim {

/// Thread: like a std::string.
struct Options {
    std::uint64_t from = 1;   ///< the first seed
    std::uint64_t seeds = 1;  ///< how many
    std::size_t hosts = 0;    ///< 0: as the seed says
    unsigned jobs = 1;        ///< threads
    bool shrink = false;
    bool trace = false;
    bool twice = false;
    bool help = false;
    std::optional<std::vector<std::size_t>> only;  ///< steps, by number
};

extern const std::string_view kHelp;

/// @param wrong  set to what is wrong with the arguments
[[nodiscard]] std::optional<Options> read_options(const std::vector<std::string_view>& words, std::string& wrong);

}  // namespace msw::sim
