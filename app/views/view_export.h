// Views as files: a picture (PNG, SVG) with its caption below and its recipe inside, the numbers behind it (CSV, npz, safetensors).
// Drawing is the GUI thread's; packing and writing are another's.
// Thread rule: GUI thread; one file at a time is written, in the order asked.
#pragma once

#include "records/analysis.h"

#include <QByteArray>
#include <QImage>
#include <QJsonObject>
#include <QObject>
#include <QString>
#include <QThreadPool>

#include <functional>

class QWidget;

namespace armillary::app {

// `widget` as it looks now, with the caption below it.
[[nodiscard]] QImage pictureOf(QWidget& widget, const QString& caption);
[[nodiscard]] QByteArray svgOf(QWidget& widget, const QString& caption, const QJsonObject& recipe);

class ViewExport : public QObject {
    Q_OBJECT
public:
    explicit ViewExport(QObject* parent = nullptr);
    // Waits for what is being written.
    ~ViewExport() override;

    // PNG or SVG by the name's ending; another ending is a failure.
    void savePicture(const QString& path, QWidget& widget, const QString& caption, const QJsonObject& recipe);
    // CSV, npz or safetensors by the name's ending.
    void saveData(const QString& path, AnalysisResult result);

Q_SIGNALS:
    void saved(const QString& path);
    void failed(const QString& sentence);

private:
    // `write` gives one sentence, or nothing when it went well.
    void inBackground(const QString& path, std::function<QString()> write);

    QThreadPool m_pool;
};

}  // namespace armillary::app
