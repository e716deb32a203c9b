// A counted Datapack that is never changed once it is shared.
#pragma once

#include "msw/datapack.hpp"

#include <atomic>
#include <cstdint>
#include <utility>

namespace msw {

/// A reference to a shared Datapack. Thread: like a shared_ptr to something const.
class DatapackRef {
public:
    DatapackRef() = default;
    /// Share `d` from now on.
    explicit DatapackRef(Datapack d) : box_(new Box(std::move(d))) {}
    DatapackRef(const DatapackRef& other) noexcept : box_(other.box_) {
        if (box_ != nullptr) box_->count.fetch_add(1, std::memory_order_relaxed);
    }
    DatapackRef(DatapackRef&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
    DatapackRef& operator=(DatapackRef other) noexcept {
        std::swap(box_, other.box_);
        return *this;
    }
    ~DatapackRef() { drop(box_); }

    explicit operator bool() const noexcept { return box_ != nullptr; }
    const Datapack& operator*() const noexcept { return box_->datapack; }
    const Datapack* operator->() const noexcept { return &box_->datapack; }

    /// @return whether nobody else holds it
    [[nodiscard]] bool unique() const noexcept { return box_->count.load(std::memory_order_acquire) == 1; }
    /// Change it before it is shared. @pre unique()
    [[nodiscard]] Datapack& own() noexcept { return box_->datapack; }

    // For the C interface of plugins: a reference as a bare pointer and back.
    [[nodiscard]] void* leak() noexcept { return std::exchange(box_, nullptr); }
    [[nodiscard]] static DatapackRef adopt(void* leaked) noexcept {
        DatapackRef ref;
        ref.box_ = static_cast<Box*>(leaked);
        return ref;
    }
    [[nodiscard]] static const Datapack& peek(const void* leaked) noexcept {
        return static_cast<const Box*>(leaked)->datapack;
    }
    static void count_up(void* leaked) noexcept {
        static_cast<Box*>(leaked)->count.fetch_add(1, std::memory_order_relaxed);
    }

private:
    struct Box {
        explicit Box(Datapack d) noexcept : datapack(std::move(d)) {}
        std::atomic<std::uint32_t> count{1};
        Datapack datapack;
    };
    static void drop(Box* box) noexcept {
        if (box != nullptr && box->count.fetch_sub(1, std::memory_order_acq_rel) == 1) delete box;
    }
    Box* box_ = nullptr;
};

}  // namespace msw
