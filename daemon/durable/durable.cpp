#include "daemon/durable/durable.hpp"

#include <utility>

namespace msw::durable {

Result<std::unique_ptr<Durable>> Durable::open(Services& services, const spool::Settings& settings) {
    spool::Hooks hooks;
    hooks.post = [&post = services.post](std::function<void()> task) { post(std::move(task)); };
    hooks.report = [&log = services.log](Priority priority, const std::string& text) {
        log.write(priority, "mswd", text);
    };
    Result<std::unique_ptr<spool::Spool>> spool = spool::Spool::open(settings, std::move(hooks));
    if (!spool) return spool.error();
    return std::unique_ptr<Durable>(new Durable(services, std::move(spool).value()));
}

Durable::Durable(Services& services, std::unique_ptr<spool::Spool> spool)
    : spool_(std::move(spool)),
      inbox(services, *spool_),
      arrivals(services, *spool_, inbox, [this](spool::RowId row) { removed_(row); }),
      outbox(*spool_, inbox),
      words(*spool_, inbox, [this](spool::RowId row) { removed_(row); }),
      keeper_(services, *spool_, inbox, [this](spool::RowId row) { removed_(row); }) {}

void Durable::start(std::function<void(spool::RowId)> removed) {
    removed_ = std::move(removed);
    inbox.start();
    keeper_.start();
}

}  // namespace msw::durable
