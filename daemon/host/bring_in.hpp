// Makes a file that was passed along as a descriptor one of this host's own, so that its name is enough to find it.
#pragma once

#include "base/file_root.hpp"
#include "msw/datapack.hpp"
#include "msw/result.hpp"

#include <uv.h>
#include <functional>
#include <memory>

namespace msw {

/// Copy `source` under the name that `incoming` was made for.
/// @param then  called on the loop thread, never from within this call, with the file as it stands in the file root
/// Thread: the loop's; the copying is done in libuv's pool.
void bring_in(uv_loop_t* loop, FileRoot::Incoming incoming, std::shared_ptr<const File> source,
              std::function<void(Result<std::shared_ptr<const File>>)> then);

}  // namespace msw
