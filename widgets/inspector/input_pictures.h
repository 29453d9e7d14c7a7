// Reads the model inputs of a record beside the interface thread: a picture for the screen of each, its value ranges, and copies of
// the source pictures that they were made of.
// Thread rule: made and used on the GUI thread; signals come on it.
#pragma once

#include "inspect/model_inputs.h"

#include <QImage>
#include <QObject>
#include <QThreadPool>

#include <atomic>
#include <memory>
#include <vector>

namespace armillary::widgets {

class InputPictures : public QObject {
    Q_OBJECT
public:
    explicit InputPictures(QObject* parent = nullptr);
    // Waits for the picture that is being read.
    ~InputPictures() override;

    // `inputs` and, after them, `originals`, in place of whatever was asked for before.
    void read(const std::shared_ptr<const RunRecord>& record, const std::vector<inspect::ModelInput>& inputs,
              const std::vector<Image>& originals);
    void forget();

Q_SIGNALS:
    // The view has no picture of its own any more: `picture` is it, made small where the screen needs no more.
    void inputReady(int index, const QImage& picture, const armillary::inspect::InputView& view);
    void originalReady(int index, const QImage& picture);

private:
    QThreadPool m_pool;
    std::shared_ptr<std::atomic<quint64>> m_ticket = std::make_shared<std::atomic<quint64>>(0);
};

}  // namespace armillary::widgets
