// Rows of text in aligned columns.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mswctl {

struct Column {
    std::string title;
    bool right = false;  ///< numbers stand right
};

/// Thread: one at a time.
class Table {
public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// @param cells  one a column; control characters are made visible
    void add(const std::vector<std::string>& cells);

    /// A line of its own below the last row, indented.
    void note(const std::string& text);

    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

    /// @param width  columns of the terminal: the widest left-aligned column is shortened until a row fits; 0: no limit
    /// @param bold   whether the titles are bold
    /// @return the table, each line ended, without blanks at line ends
    [[nodiscard]] std::string text(std::size_t width, bool bold) const;

private:
    struct Row {
        std::vector<std::string> cells;
        std::vector<std::string> notes;
    };

    [[nodiscard]] std::vector<std::size_t> widths(std::size_t limit) const;

    std::vector<Column> columns_;
    std::vector<Row> rows_;
};

}  // namespace mswctl
