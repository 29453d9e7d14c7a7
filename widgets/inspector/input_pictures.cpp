#include "widgets/inspector/input_pictures.h"

#include "widgets/rollout/rollout_work.h"

#include <algorithm>

namespace armillary::widgets {
namespace {

// Larger pictures take the screen longer than a frame to prepare.
constexpr int kMostSide = 768;

QImage forScreen(const Image& image)
{
    const QImage full = viewOf(image);
    if (full.isNull() || std::max(full.width(), full.height()) <= kMostSide)
        return full;
    return full.scaled(kMostSide, kMostSide, Qt::KeepAspectRatio, Qt::SmoothTransformation);
}

}  // namespace

InputPictures::InputPictures(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
    m_pool.setThreadPriority(QThread::LowPriority);
}

InputPictures::~InputPictures()
{
    forget();
    m_pool.waitForDone();
}

void InputPictures::forget()
{
    ++*m_ticket;
    m_pool.clear();
}

void InputPictures::read(const std::shared_ptr<const RunRecord>& record, const std::vector<inspect::ModelInput>& inputs,
                         const std::vector<Image>& originals)
{
    forget();
    const quint64 wanted = m_ticket->load();
    // The pool is emptied before this object goes, so it is still there when a picture is delivered.
    const auto post = [this, wanted](auto make, auto deliver) {
        m_pool.start([this, ticket = m_ticket, wanted, make, deliver] {
            if (ticket->load() != wanted)
                return;
            QMetaObject::invokeMethod(
                this,
                [ticket, wanted, deliver, made = make()] {
                    if (ticket->load() == wanted)
                        deliver(made);
                },
                Qt::QueuedConnection);
        });
    };
    for (std::size_t i = 0; i < originals.size(); ++i)
        post([image = originals[i]] { return forScreen(image); },
             [this, index = static_cast<int>(i)](const QImage& picture) { Q_EMIT originalReady(index, picture); });
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        post(
            [record, input = inputs[i]] {
                inspect::InputView view = inspect::viewOf(*record, input);
                QImage picture = forScreen(view.picture);
                view.picture = {};
                return std::pair(picture, view);
            },
            [this, index = static_cast<int>(i)](const std::pair<QImage, inspect::InputView>& made) {
                Q_EMIT inputReady(index, made.first, made.second);
            });
    }
}

}  // namespace armillary::widgets
