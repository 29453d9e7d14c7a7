// A page of plain words to read and copy from: how to come to real models, what the embedded one can do. Not modal.
// Thread rule: GUI thread.
#pragma once

#include <QDialog>

class QTextBrowser;

namespace armillary::widgets {

class GuideDialog : public QDialog {
    Q_OBJECT
public:
    // `resource`: the page, in Markdown.
    GuideDialog(const QString& title, const QString& resource, QWidget* parent = nullptr);

    [[nodiscard]] QTextBrowser* page() const { return m_page; }

Q_SIGNALS:
    // The folders are there and shall be chosen.
    void foldersWanted();

private:
    QTextBrowser* m_page = nullptr;
};

}  // namespace armillary::widgets
