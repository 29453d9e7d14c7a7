#include "app/views/view_export.h"

#include "app/views/result_csv.h"
#include "app/views/view_recipe.h"
#include "session/analysis_archive.h"
#include "session/npz_file.h"
#include "widgets/theme.h"

#include <QBuffer>
#include <QFileInfo>
#include <QImageWriter>
#include <QJsonDocument>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QWidget>

#include <algorithm>
#include <memory>

namespace armillary::app {
namespace {

constexpr int kMargin = 12;

// The caption's room below a picture of this width.
QRect captionRoom(const QWidget& widget, const QString& caption)
{
    const int width = std::max(widget.width() - 2 * kMargin, 40);
    const QRect text = QFontMetrics(widget.font()).boundingRect(QRect(0, 0, width, 10000), Qt::TextWordWrap, caption);
    return {kMargin, widget.height() + kMargin / 2, width, text.height() + kMargin};
}

void drawCaption(QPainter& painter, const QWidget& widget, const QRect& room, const QString& caption)
{
    const widgets::ThemeColors& theme = widgets::themeColors(widget.palette());
    painter.fillRect(QRect(0, widget.height(), widget.width(), room.height() + kMargin), theme.base);
    painter.setPen(theme.text);
    painter.setFont(widget.font());
    painter.drawText(room, Qt::TextWordWrap | Qt::AlignLeft | Qt::AlignTop, caption);
}

QByteArray recipeText(const QJsonObject& recipe)
{
    return QJsonDocument(recipe).toJson(QJsonDocument::Compact);
}

QString writeBytes(const QString& path, const QByteArray& bytes)
{
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit())
        return {};
    return ViewExport::tr("The file could not be written (%1): %2").arg(file.errorString(), path);
}

QString writePng(const QString& path, const QImage& picture, const QByteArray& recipe)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QImageWriter writer(&buffer, "png");
    writer.setText(QString::fromLatin1(kRecipeKey), QString::fromUtf8(recipe));
    if (!writer.write(picture))
        return ViewExport::tr("The picture could not be packed (%1): %2").arg(writer.errorString(), path);
    return writeBytes(path, bytes);
}

QString sentenceOf(const Result<void>& result)
{
    return result ? QString() : QString::fromStdString(result.error().message);
}

}  // namespace

QImage pictureOf(QWidget& widget, const QString& caption)
{
    const QRect room = captionRoom(widget, caption);
    const double scale = widget.devicePixelRatioF();
    const QSize size(widget.width(), room.bottom() + kMargin / 2);
    QImage out((QSizeF(size) * scale).toSize(), QImage::Format_RGB32);
    out.setDevicePixelRatio(scale);
    out.fill(widgets::themeColors(widget.palette()).base);
    QPainter painter(&out);
    widget.render(&painter);
    drawCaption(painter, widget, room, caption);
    return out;
}

QByteArray svgOf(QWidget& widget, const QString& caption, const QJsonObject& recipe)
{
    QByteArray out;
    {
        QBuffer buffer(&out);
        buffer.open(QIODevice::WriteOnly);
        const QRect room = captionRoom(widget, caption);
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setResolution(96);
        generator.setSize({widget.width(), room.bottom() + kMargin / 2});
        generator.setViewBox(QRect(QPoint(0, 0), generator.size()));
        generator.setTitle(widget.windowTitle());
        generator.setDescription(caption);
        QPainter painter(&generator);
        painter.fillRect(QRect(QPoint(0, 0), generator.size()), widgets::themeColors(widget.palette()).base);
        widget.render(&painter);
        drawCaption(painter, widget, room, caption);
    }
    // The generator has no word for metadata; it belongs right after the head.
    const qsizetype head = out.indexOf("<svg");
    const qsizetype end = head < 0 ? -1 : out.indexOf('>', head);
    if (end >= 0) {
        const QString json = QString::fromUtf8(recipeText(recipe)).toHtmlEscaped();
        out.insert(end + 1, QStringLiteral("\n<metadata id=\"%1\">%2</metadata>")
                                .arg(QString::fromLatin1(kRecipeKey), json)
                                .toUtf8());
    }
    return out;
}

ViewExport::ViewExport(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
}

ViewExport::~ViewExport()
{
    m_pool.waitForDone();
}

void ViewExport::inBackground(const QString& path, std::function<QString()> write)
{
    m_pool.start([this, path, write = std::move(write)] {
        const QString problem = write();
        QMetaObject::invokeMethod(
            this,
            [this, path, problem] {
                if (problem.isEmpty())
                    Q_EMIT saved(path);
                else
                    Q_EMIT failed(problem);
            },
            Qt::QueuedConnection);
    });
}

void ViewExport::savePicture(const QString& path, QWidget& widget, const QString& caption, const QJsonObject& recipe)
{
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending == QLatin1String("png")) {
        inBackground(path, [path, picture = pictureOf(widget, caption), text = recipeText(recipe)] {
            return writePng(path, picture, text);
        });
    } else if (ending == QLatin1String("svg")) {
        inBackground(path, [path, bytes = svgOf(widget, caption, recipe)] { return writeBytes(path, bytes); });
    } else {
        Q_EMIT failed(tr("A view is saved as .png or .svg, not as %1").arg(path));
    }
}

void ViewExport::saveData(const QString& path, AnalysisResult result)
{
    const QString ending = QFileInfo(path).suffix().toLower();
    auto shared = std::make_shared<const AnalysisResult>(std::move(result));
    if (ending == QLatin1String("csv"))
        inBackground(path, [path, shared] { return writeBytes(path, csvFromResult(*shared)); });
    else if (ending == QLatin1String("npz"))
        inBackground(path, [path, shared] { return sentenceOf(session::writeNpz(path.toStdString(), *shared)); });
    else if (ending == QLatin1String("safetensors"))
        inBackground(path, [path, shared] { return sentenceOf(session::writeAnalysis(path.toStdString(), *shared)); });
    else
        Q_EMIT failed(tr("Data is saved as .csv, .npz or .safetensors, not as %1").arg(path));
}

}  // namespace armillary::app
