// A titled part of the inspector that opens and closes: lines of label and value that can be selected and copied, widgets of
// its own, and a status line with a button for what has to be computed first.
// Thread rule: GUI thread.
#pragma once

#include <QString>
#include <QWidget>

#include <vector>

class QLabel;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace armillary::widgets {

class MeasuredLabel;

struct InspectorLine {
    QString label;
    QString value;
    std::int64_t position = -1;  // the value is a link to this position
};

class InspectorSection : public QWidget {
    Q_OBJECT
public:
    InspectorSection(const QString& name, const QString& title, const QString& tip, QWidget* parent = nullptr);

    // Stable name for saved views.
    [[nodiscard]] QString name() const { return objectName(); }
    [[nodiscard]] QString title() const { return m_title; }
    [[nodiscard]] bool isOpen() const;
    void setOpen(bool open);

    // Lines that are scrolled out of sight are laid out by showWaiting(): laying out text is what costs time while the pointer
    // moves.
    void setLines(const std::vector<InspectorLine>& lines);
    void showWaiting();
    [[nodiscard]] const std::vector<InspectorLine>& lines() const { return m_lines; }
    // Empty: no status; an empty button text leaves the button out.
    void setStatus(const QString& text, const QString& buttonText = {});
    [[nodiscard]] QString status() const;
    // A widget below the lines.
    void addWidget(QWidget* widget);

    [[nodiscard]] QToolButton* header() const { return m_header; }
    [[nodiscard]] QPushButton* button() const { return m_button; }
    [[nodiscard]] QLabel* text() const;

Q_SIGNALS:
    void opened(bool open);
    void buttonClicked();
    void positionActivated(qint64 position);
    // -1: no link is pointed at any more.
    void positionHovered(qint64 position);

protected:
    void changeEvent(QEvent* event) override;

private:
    void showLines();

    QString m_title;
    std::vector<InspectorLine> m_lines;
    QString m_shownText;
    bool m_waits = false;
    QToolButton* m_header = nullptr;
    QWidget* m_body = nullptr;
    QVBoxLayout* m_column = nullptr;
    MeasuredLabel* m_text = nullptr;
    MeasuredLabel* m_status = nullptr;
    QPushButton* m_button = nullptr;
};

}  // namespace armillary::widgets
