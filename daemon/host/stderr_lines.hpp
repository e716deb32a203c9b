// A child's stderr, line by line.
#pragma once

#include "uv/stream.hpp"

#include <array>
#include <functional>
#include <string>

namespace msw {

/// Thread: the loop's.
class StderrLines : private uv::Stream::Reader {
public:
    /// @param line  gets each line without its end; a line longer than 4 KiB comes in pieces
    StderrLines(uv::Stream stream, std::function<void(const std::string&)> line)
        : stream_(std::move(stream)), line_(std::move(line)) {}

    void start() { stream_.start_reading(*this); }

private:
    static constexpr std::size_t kLongest = 4096;

    std::span<char> room() override { return buffer_; }
    void received(std::size_t bytes) override {
        for (const char c : std::span(buffer_).first(bytes)) {
            if (c != '\n') text_ += c;
            if (c == '\n' || text_.size() == kLongest) give();
        }
    }
    void ended(int) override {
        if (!text_.empty()) give();
    }
    void give() {
        line_(text_);
        text_.clear();
    }

    uv::Stream stream_;
    std::function<void(const std::string&)> line_;
    std::array<char, 4096> buffer_{};
    std::string text_;
};

}  // namespace msw
