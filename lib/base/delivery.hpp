// Word for whoever handed a Datapack in that it has left its mailbox.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace msw {

/// Hears that. Thread: any.
class DeliveryListener {
public:
    DeliveryListener() = default;
    DeliveryListener(const DeliveryListener&) = delete;
    DeliveryListener& operator=(const DeliveryListener&) = delete;
    DeliveryListener(DeliveryListener&&) = delete;
    DeliveryListener& operator=(DeliveryListener&&) = delete;
    virtual ~DeliveryListener() = default;

    /// @param name   what the delivery was called by who made it
    /// @param bytes  Datapack::weight()
    virtual void left(void* name, std::size_t bytes) noexcept = 0;

    /// Whoever took it is done with it; left() does not follow. Only of deliveries that are kept.
    virtual void done(void* name) noexcept { (void)name; }
};

/// One copy of a Datapack on its way to who takes it. Wherever that ends, its listener hears it once: when this is
/// destroyed. Thread: like a unique_ptr.
///
/// That of a durable Datapack is **kept** by who takes it until done(): destroyed before that, it says that the
/// Datapack is to be handed on once more.
class Delivery {
public:
    enum class Kind : bool { ordinary, kept };

    Delivery() = default;
    Delivery(std::shared_ptr<DeliveryListener> listener, void* name, std::size_t bytes,
             Kind kind = Kind::ordinary) noexcept
        : listener_(std::move(listener)), name_(name), bytes_(bytes), kind_(kind) {}
    Delivery(Delivery&& other) noexcept
        : listener_(std::move(other.listener_)), name_(other.name_), bytes_(other.bytes_), kind_(other.kind_) {}
    Delivery& operator=(Delivery&& other) noexcept {
        if (this == &other) return *this;
        end();
        listener_ = std::move(other.listener_);
        name_ = other.name_;
        bytes_ = other.bytes_;
        kind_ = other.kind_;
        return *this;
    }
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;
    ~Delivery() { end(); }

    [[nodiscard]] bool kept() const noexcept { return listener_ != nullptr && kind_ == Kind::kept; }
    /// Who took it is done with it.
    void done() noexcept {
        if (const std::shared_ptr<DeliveryListener> listener = std::exchange(listener_, nullptr)) {
            listener->done(name_);
        }
    }

    [[nodiscard]] void* name() const noexcept { return name_; }

    /// It has not begun, after all: nobody hears of it.
    void cancel() noexcept { listener_.reset(); }

private:
    void end() noexcept {
        if (const std::shared_ptr<DeliveryListener> listener = std::exchange(listener_, nullptr)) {
            listener->left(name_, bytes_);
        }
    }

    std::shared_ptr<DeliveryListener> listener_;
    void* name_ = nullptr;
    std::size_t bytes_ = 0;
    Kind kind_ = Kind::ordinary;
};

}  // namespace msw
