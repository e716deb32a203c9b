// `mswd --check-config`: everything that a start judges of the configuration, without starting.
#pragma once

#include "daemon/options.hpp"

#include <string>
#include <vector>

namespace msw {

/// What is to be said about a configuration, sentences that name the file.
struct ConfigVerdict {
    std::vector<std::string> faults;    ///< mswd, or a plugin of its own, would not start
    bool file_missing = false;          ///< the only fault: there is no such file
    std::vector<std::string> warnings;  ///< it would, and complain
};

/// Judge the configuration as a start would: the file, the host id, the folders, and what each shipped module says.
/// Writes nothing.
[[nodiscard]] ConfigVerdict check_config(const Paths& paths);

}  // namespace msw
