#include "plugins/update/owed.hpp"

#include "base/fd.hpp"
#include "base/json.hpp"
#include "base/system_error.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace msw::update {
std::vector<Owed> OwedFile::read() const {
    std::ifstream in(path_, std::ios::binary);
    const Result<Json> json = Json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
    std::vector<Owed> all;
    if (!json) return all;
    for (const Json& row : json->items()) {
        Owed owed{row["digest"].as_string(), row["id"].as_string(), row["from"].as_string(), row["flag"].as_string()};
        if (release::is_digest(owed.digest) && all.size() < kMost) all.push_back(std::move(owed));
    }
    return all;
}

Result<void> OwedFile::write(const std::vector<Owed>& all) const {
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    const std::string temporary = path_ + ".new";
    if (all.empty()) {
        if (::unlink(path_.c_str()) != 0 && errno != ENOENT) return io_error(path_, errno);
        return {};
    }
    Json list = Json::array();
    for (std::size_t i = all.size() > kMost ? all.size() - kMost : 0; i < all.size(); ++i) {
        const Owed& o = all[i];
        list.push(Json::object({{"digest", o.digest}, {"id", o.id}, {"from", o.from}, {"flag", o.flag}}));
    }
    const std::string text = list.dump(1) + '\n';
    {
        const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!fd) return io_error(temporary, errno);
        const ssize_t n = ::write(fd.get(), text.data(), text.size());
        if (n != static_cast<ssize_t>(text.size())) return io_error(temporary, n < 0 ? errno : ENOSPC);
        if (::fsync(fd.get()) != 0) return io_error(temporary, errno);
    }
    if (::rename(temporary.c_str(), path_.c_str()) != 0) return io_error(path_, errno);
    const Fd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent || ::fsync(parent.get()) != 0) return io_error(folder, errno);
    return {};
}

std::string release_words(std::string_view digest, std::string_view version) {
    const std::string name = digest.empty() ? "the base program" : "release " + release::short_digest(digest);
    return version.empty() ? name : name + " (mswd " + std::string(version) + ')';
}

Datapack final_word(const Owed& owed, const Outcome& outcome) {
    Datapack question("file", "update");
    question.set("id", owed.id);
    question.set("from", owed.from);
    question.set("flag", owed.flag);
    Datapack word = [&] {
        if (owed.digest == outcome.running) {
            Datapack fine = question.reply();
            fine.body = "runs " + release_words(outcome.running, outcome.version);
            return fine;
        }
        const std::string wanted = release_words(owed.digest, {});
        const std::string now = release_words(outcome.running, outcome.version) + " runs";
        if (outcome.failed.compare(0, owed.digest.size(), owed.digest) == 0) {
            const std::string why = outcome.failed.substr(owed.digest.size());
            return question.error_reply(Code::unsupported, wanted + " was given up:" + why + "; " + now + " again");
        }
        if (outcome.next == owed.digest) {
            return question.error_reply(
                Code::unsupported, wanted + " is installed, but mswd was not started by mswd-launcher; " + now + " on");
        }
        return question.error_reply(Code::interrupted, wanted + " had to give way to another one; " + now);
    }();
    word.set("digest", owed.digest);
    word.set("part", "1");
    word.set("end", "1");
    return word;
}

}  // namespace msw::update
