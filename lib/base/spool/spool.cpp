#include "base/spool/spool.hpp"

#include "base/spool/request.hpp"
#include "base/spool/writer.hpp"

#include <utility>

namespace msw::spool {
namespace {

template <class Query>
std::unique_ptr<ReadRequest> request(Query query, Done<typename Query::Answer> done) {
    return std::make_unique<ReadOf<Query>>(std::move(query), std::move(done));
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(Settings settings, Hooks hooks) {
    auto writer = std::make_unique<Writer>(std::move(settings), std::move(hooks));
    if (const Result<void> started = writer->start(); !started) return started.error();
    return std::unique_ptr<Spool>(new Spool(std::move(writer)));
}

Spool::Spool(std::unique_ptr<Writer> writer) noexcept : writer_(std::move(writer)) {}
Spool::~Spool() = default;

void Spool::write(Changes changes, Done<Written> done) { writer_->write(std::move(changes), std::move(done)); }

void Spool::read(OutboxAfter q, Done<OutboxAfter::Answer> done) {
    writer_->read(request(std::move(q), std::move(done)));
}
void Spool::read(FlowsAfter q, Done<FlowsAfter::Answer> done) { writer_->read(request(std::move(q), std::move(done))); }
void Spool::read(InboxAfter q, Done<InboxAfter::Answer> done) { writer_->read(request(std::move(q), std::move(done))); }
void Spool::read(InboxApps q, Done<InboxApps::Answer> done) { writer_->read(request(std::move(q), std::move(done))); }
void Spool::read(MarksOf q, Done<MarksOf::Answer> done) { writer_->read(request(std::move(q), std::move(done))); }
void Spool::read(ExpiredBefore q, Done<ExpiredBefore::Answer> done) { writer_->read(request(q, std::move(done))); }
void Spool::read(FindFlag q, Done<FindFlag::Answer> done) { writer_->read(request(std::move(q), std::move(done))); }
void Spool::read(OpenQuestion q, Done<OpenQuestion::Answer> done) {
    writer_->read(request(std::move(q), std::move(done)));
}
void Spool::read(ListBox q, Done<ListBox::Answer> done) { writer_->read(request(q, std::move(done))); }
void Spool::read(FindRow q, Done<FindRow::Answer> done) { writer_->read(request(q, std::move(done))); }
void Spool::read(AskTotals q, Done<AskTotals::Answer> done) { writer_->read(request(q, std::move(done))); }

Spool::Numbers Spool::numbers() const { return writer_->numbers(); }

}  // namespace msw::spool
