#include "base/spool/ballast.hpp"

#include "base/file_calls.hpp"

#include <fcntl.h>
#include <utility>

namespace msw::spool {

Ballast::Ballast(FileCalls& files, std::string path, std::uint64_t bytes) noexcept
    : files_(files), path_(std::move(path)), bytes_(bytes), there_(bytes == 0) {}

bool Ballast::take() {
    if (there_) return true;
    {
        const OpenFile file(files_, path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        there_ = file && files_.size(file.get()) == static_cast<off_t>(bytes_);
    }
    if (!there_) there_ = make();
    if (!there_) give_up();
    return there_;
}

bool Ballast::make() const {
    const OpenFile file(files_, path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    const auto bytes = static_cast<off_t>(bytes_);
    // It needs no fsync: a power cut may take it away, and then it is made anew.
    return file && files_.allocate(file.get(), 2 * bytes) == 0 && files_.truncate(file.get(), bytes) == 0;
}

bool Ballast::fits_with(std::uint64_t bytes_more) const {
    if (2 * bytes_ <= bytes_more) return true;
    const OpenFile file(files_, path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    const bool fits = file && files_.allocate(file.get(), static_cast<off_t>(2 * bytes_ - bytes_more)) == 0;
    (void)files_.unlink(path_.c_str());
    return fits;
}

void Ballast::give_up() {
    if (bytes_ == 0) return;
    (void)files_.unlink(path_.c_str());
    there_ = false;
}

}  // namespace msw::spool
