#include "plugins/net/core/outlet.hpp"

#include <algorithm>

namespace msw::net {

void Outlet::push(Parcel parcel) {
    if (is_frame(parcel)) {
        frame_bytes_ += parcel.weight();
        frames_.push_back(std::move(parcel));
    } else {
        carried_bytes_ += parcel.weight();
        ++pushed_;
        waiting_.push_back(std::move(parcel));
    }
}

void Outlet::gone(const Parcel& parcel) noexcept {
    const bool frame = is_frame(parcel);
    (frame ? frame_bytes_ : carried_bytes_) -= parcel.weight();
    ++sent_;
    carried_ += frame ? 0 : 1;
}

void Outlet::taken_out(const Parcel& parcel) noexcept {
    const bool frame = is_frame(parcel);
    (frame ? frame_bytes_ : carried_bytes_) -= parcel.weight();
    pushed_ -= frame ? 0 : 1;
}

void Outlet::gather() {
    while (!next().empty() && batch_.size() < kBatchCount && encoder_.bytes() < kBatchBytes) {
        std::deque<Parcel>& from = next();
        if (from.front().content().file) {
            if (!batch_.empty()) return;
            Parcel parcel = std::move(from.front());
            from.pop_front();
            if (gather_file(parcel)) return;
            continue;
        }
        batch_.push_back({std::move(from.front()), 0});
        from.pop_front();
        Gathered& last = batch_.back();
        Result<void> added = encoder_.add(last.parcel.content(), last.parcel.lines);
        if (added && most_ != 0 && encoder_.bytes() > most_) {
            added = Error{Code::too_large, "the Datapack takes " + std::to_string(encoder_.bytes()) +
                                               " bytes, and that host reads " + std::to_string(most_) + " at most"};
            encoder_.clear();  // it was alone: one_at_a_time_ goes with most_
        }
        if (!added) {
            taken_out(last.parcel);
            unfit_.emplace_back(std::move(last.parcel), added.error());
            batch_.pop_back();
            continue;
        }
        last.end = encoder_.bytes();
        if (one_at_a_time_) return;
    }
}

bool Outlet::gather_file(Parcel& parcel) {
    file_head_.clear();
    Result<void> encoded =
        encode_head(parcel.content(), dialect_, parcel.content().file->size(), file_head_, parcel.lines);
    if (encoded && most_ != 0 && file_head_.size() > most_) {
        encoded = Error{Code::too_large, "the head takes " + std::to_string(file_head_.size()) +
                                             " bytes, and that host reads " + std::to_string(most_) + " at most"};
    }
    if (!encoded) {
        file_head_.clear();
        taken_out(parcel);
        unfit_.emplace_back(std::move(parcel), encoded.error());
        return false;
    }
    batch_.push_back({std::move(parcel), file_head_.size()});
    return true;
}

std::span<const iovec> Outlet::parts() {
    parts_.clear();
    if (file_due_) return parts_;
    if (batch_.empty()) gather();
    if (batch_.empty()) return parts_;
    const iovec head{file_head_.data(), file_head_.size()};
    const std::span<const iovec> all = file_head_.empty() ? encoder_.iovecs() : std::span<const iovec>(&head, 1);
    std::size_t at = 0;
    for (const iovec& part : all) {
        const std::size_t from = std::max(at, offset_);
        const std::size_t to = std::min(at + part.iov_len, batch_.back().end);
        if (to > from) parts_.push_back({static_cast<char*>(part.iov_base) + (from - at), to - from});
        at += part.iov_len;
    }
    return parts_;
}

void Outlet::taken(std::size_t bytes) {
    offset_ += bytes;
    while (done_ < batch_.size() && batch_[done_].end <= offset_) {
        if (batch_[done_].parcel.content().file) {
            file_due_ = true;
            return;
        }
        gone(batch_[done_].parcel);
        ++done_;
    }
    if (done_ == batch_.size()) end_batch();
}

std::string Outlet::piece(std::size_t most) {
    std::string bytes;
    for (const iovec& part : parts()) {
        bytes.append(static_cast<const char*>(part.iov_base), std::min(part.iov_len, most - bytes.size()));
        if (bytes.size() == most) break;
    }
    return bytes;
}

void Outlet::file_done() noexcept {
    gone(batch_.front().parcel);
    end_batch();
}

Parcel Outlet::take_file() {
    Parcel parcel = std::move(batch_.front().parcel);
    taken_out(parcel);
    end_batch();
    return parcel;
}

std::size_t Outlet::first_unbegun() const noexcept {
    const std::size_t begins = done_ == 0 ? 0 : batch_[done_ - 1].end;
    return done_ < batch_.size() && (file_due_ || offset_ > begins) ? done_ + 1 : done_;
}

void Outlet::end_batch() noexcept {
    encoder_.clear();
    file_head_.clear();
    batch_.clear();
    done_ = 0;
    offset_ = 0;
    file_due_ = false;
}

void Outlet::drain(std::deque<Parcel>& queue, std::vector<Parcel>& out) {
    for (Parcel& parcel : queue) {
        taken_out(parcel);
        out.push_back(std::move(parcel));
    }
    queue.clear();
}

std::vector<Parcel> Outlet::take_unbegun() {
    std::vector<Parcel> out;
    for (std::size_t i = first_unbegun(); i < batch_.size();) {
        taken_out(batch_[i].parcel);
        out.push_back(std::move(batch_[i].parcel));
        batch_.erase(batch_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (done_ == batch_.size()) end_batch();
    drain(frames_, out);
    drain(waiting_, out);
    return out;
}

std::vector<Parcel> Outlet::take_all() {
    std::vector<Parcel> out;
    for (std::size_t i = done_; i < batch_.size(); ++i) {
        taken_out(batch_[i].parcel);
        out.push_back(std::move(batch_[i].parcel));
    }
    end_batch();
    drain(frames_, out);
    drain(waiting_, out);
    return out;
}

}  // namespace msw::net
