#include "mswctl/table.hpp"

#include "mswctl/text.hpp"

#include <algorithm>

namespace mswctl {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;  // a shortened column keeps at least that many columns

std::string one_line(const std::string& text) {
    std::string line = printable(text);
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return line;
}

}  // namespace

void Table::add(const std::vector<std::string>& cells) {
    Row row;
    for (const std::string& cell : cells) row.cells.push_back(one_line(cell));
    row.cells.resize(columns_.size());
    rows_.push_back(std::move(row));
}

void Table::note(const std::string& text) {
    if (!rows_.empty()) rows_.back().notes.push_back(one_line(text));
}

std::vector<std::size_t> Table::widths(std::size_t limit) const {
    std::vector<std::size_t> wide;
    std::size_t sum = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t w = display_width(columns_[i].title);
        for (const Row& row : rows_) w = std::max(w, display_width(row.cells[i]));
        wide.push_back(w);
        sum += w + (i > 0 ? kGap : 0);
    }
    while (limit > 0 && sum > limit) {
        std::size_t widest = columns_.size();
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (!columns_[i].right && (widest == columns_.size() || wide[i] > wide[widest])) widest = i;
        }
        if (widest == columns_.size() || wide[widest] <= kNarrowest) break;
        --wide[widest];
        --sum;
    }
    return wide;
}

std::string Table::text(std::size_t width, bool bold) const {
    const std::vector<std::size_t> wide = widths(width);
    const auto line = [&](auto&& cell_of) {
        std::string out;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const std::string cell = shortened(cell_of(i), wide[i]);
            const std::string pad(wide[i] - std::min(wide[i], display_width(cell)), ' ');
            if (i > 0) out.append(kGap, ' ');
            out += columns_[i].right ? pad + cell : cell + pad;
        }
        out.erase(out.find_last_not_of(' ') + 1);
        return out;
    };
    const std::string titles = line([&](std::size_t i) -> const std::string& { return columns_[i].title; });
    std::string out = bold ? "\x1b[1m" + titles + "\x1b[0m\n" : titles + '\n';
    for (const Row& row : rows_) {
        out += line([&](std::size_t i) -> const std::string& { return row.cells[i]; }) + '\n';
        for (const std::string& note : row.notes) {
            out += "  " + (width > 2 ? shortened(note, width - 2) : note) + '\n';
        }
    }
    return out;
}

}  // namespace mswctl
