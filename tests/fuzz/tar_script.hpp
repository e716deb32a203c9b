// A tar archive as a script tells it, with headers that hold together: what a fuzzer would hardly hit by chance.
//
//     >e T NAME [x] [@LINK] [+N] [-N] [!]   an entry of type T (0 file, 1 hard link, 2 symbolic link, 3 device, 5
//     folder,
//                          6 FIFO, L and K long names, x and g attributes, one `key=value` a line) with the bytes as
//                          its data, the last line end apart; x: executable; its size is told N too large or small; its
//                          checksum is wrong
//     >j     the bytes are release.json, in which %arch is this machine and %N the digest of the Nth entry
//     >n     there is no release.json
//     >z     the archive is compressed
//
// Without >j release.json says what the files among the entries are. In names %root is an absolute path.
#pragma once

#include "plugins/update/archive.hpp"
#include "plugins/update/manifest.hpp"
#include "plugins/update/sha256.hpp"
#include "tests/fuzz/script.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::fuzz {

/// Thread: one at a time.
class TarScript {
public:
    /// @param root  what %root means
    TarScript(std::string_view text, std::string root) : root_(std::move(root)) {
        Script script(text);
        for (Step step; entries_.size() < 40 && script.next(step);) take(step);
    }

    /// @return the archive
    [[nodiscard]] std::string bytes() const {
        std::string tar;
        if (!no_manifest_) {
            Entry manifest;
            manifest.name = update::kManifestName;
            manifest.data = json_ ? filled_in(*json_) : own_manifest();
            add(tar, manifest);
        }
        for (const Entry& entry : entries_) add(tar, entry);
        tar.append(1024, '\0');
        return compressed_ ? compress(tar) : tar;
    }

private:
    struct Entry {
        char type = '0';
        std::string name;
        std::string data;
        std::string link;
        bool executable = false;
        bool bad_sum = false;
        std::ptrdiff_t more = 0;  // than there is
    };

    void take(const Step& step) {
        std::string_view data = step.bytes;
        if (data.ends_with('\n')) data.remove_suffix(1);
        switch (step.what) {
            case 'e': entries_.push_back(entry(step.words, data)); break;
            case 'j': json_ = data; break;
            case 'n': no_manifest_ = true; break;
            case 'z': compressed_ = true; break;
            default: break;
        }
    }

    static std::string_view word(std::string_view& words) {
        words.remove_prefix(std::min(words.find_first_not_of(' '), words.size()));
        const std::string_view found = words.substr(0, words.find(' '));
        words.remove_prefix(found.size());
        return found;
    }

    [[nodiscard]] Entry entry(std::string_view words, std::string_view data) const {
        Entry e;
        const std::string_view type = word(words);
        e.type = type.empty() ? '0' : type.front();
        e.name = replaced(std::string(word(words)), "%root", root_);
        e.data = e.type == 'x' || e.type == 'g' ? attributes(data) : std::string(data);
        for (std::string_view option = word(words); !option.empty(); option = word(words)) {
            const char kind = option.front();
            option.remove_prefix(1);
            if (kind == 'x') e.executable = true;
            if (kind == '@') e.link = replaced(std::string(option), "%root", root_);
            if (kind == '!') e.bad_sum = true;
            if (kind == '+') e.more = static_cast<std::ptrdiff_t>(take_number(option));
            if (kind == '-') e.more = -static_cast<std::ptrdiff_t>(take_number(option));
        }
        return e;
    }

    static std::string replaced(std::string text, std::string_view what, std::string_view with) {
        for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
            text.replace(at, what.size(), with);
        }
        return text;
    }

    static std::string sha256(std::string_view bytes) {
        update::Sha256 sum;
        sum.add(bytes.data(), bytes.size());
        return sum.hex();
    }

    /// pax: each record is preceded by its own length.
    [[nodiscard]] std::string attributes(std::string_view lines) const {
        std::string out;
        while (!lines.empty()) {
            const std::size_t end = std::min(lines.find('\n'), lines.size());
            const std::string record = " " + replaced(std::string(lines.substr(0, end)), "%root", root_) + "\n";
            lines.remove_prefix(std::min(end + 1, lines.size()));
            std::size_t length = record.size() + 1;
            while (std::to_string(length).size() + record.size() > length) ++length;
            out += std::to_string(length) + record;
        }
        return out;
    }

    [[nodiscard]] std::string filled_in(std::string json) const {
        json = replaced(std::move(json), "%arch", update::this_arch());
        for (std::size_t i = 0; i < std::min<std::size_t>(entries_.size(), 10); ++i) {
            json = replaced(std::move(json), "%" + std::to_string(i), sha256(entries_[i].data));
        }
        return json;
    }

    [[nodiscard]] std::string own_manifest() const {
        update::Manifest manifest{"0.1.0", update::this_arch(), {}};
        for (const Entry& e : entries_) {
            if (e.type == '0') manifest.files.push_back({e.name, e.data.size(), e.executable, sha256(e.data)});
        }
        std::sort(manifest.files.begin(), manifest.files.end(),
                  [](const update::ManifestFile& a, const update::ManifestFile& b) { return a.name < b.name; });
        return manifest.to_json();
    }

    static void octal(std::array<char, 512>& head, std::size_t at, int digits, std::size_t value) {
        for (auto i = at + static_cast<std::size_t>(digits); i-- > at; value >>= 3U) {
            head[i] = static_cast<char>('0' + (value & 7U));
        }
    }

    static void add(std::string& tar, const Entry& e) {
        std::array<char, 512> head{};
        std::copy_n(e.name.begin(), std::min<std::size_t>(e.name.size(), 100), head.begin());
        octal(head, 100, 7, e.executable ? 0755 : 0644);
        octal(head, 108, 7, 0);
        octal(head, 116, 7, 0);
        const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(e.data.size()) + e.more;
        octal(head, 124, 11, static_cast<std::size_t>(std::max<std::ptrdiff_t>(size, 0)));
        octal(head, 136, 11, 0);
        head[156] = e.type;
        std::copy_n(e.link.begin(), std::min<std::size_t>(e.link.size(), 100), head.begin() + 157);
        constexpr std::string_view kMagic("ustar\00000", 8);
        std::copy(kMagic.begin(), kMagic.end(), head.begin() + 257);
        std::fill_n(head.begin() + 148, 8, ' ');
        std::size_t sum = e.bad_sum ? 1 : 0;
        for (const char c : head) sum += static_cast<unsigned char>(c);
        octal(head, 148, 6, sum);
        tar.append(head.data(), head.size()).append(e.data);
        tar.append((512 - e.data.size() % 512) % 512, '\0');
    }

    static std::string compress(const std::string& tar) {
        std::string out(tar.size() + 4096, '\0');
        std::size_t used = 0;
        const update::Archive a(archive_write_new());
        const update::Entry entry(archive_entry_new());
        archive_write_add_filter_zstd(a.get());
        (void)archive_write_set_filter_option(a.get(), "zstd", "compression-level", "1");  // in no time
        archive_write_set_format_raw(a.get());
        archive_write_set_bytes_in_last_block(a.get(), 1);
        require(archive_write_open_memory(a.get(), out.data(), out.size(), &used) == ARCHIVE_OK);
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        require(archive_write_header(a.get(), entry.get()) == ARCHIVE_OK);
        require(archive_write_data(a.get(), tar.data(), tar.size()) == static_cast<la_ssize_t>(tar.size()));
        require(archive_write_close(a.get()) == ARCHIVE_OK);
        out.resize(used);
        return out;
    }

    std::string root_;
    std::vector<Entry> entries_;
    std::optional<std::string> json_;
    bool no_manifest_ = false;
    bool compressed_ = false;
};

}  // namespace msw::fuzz
