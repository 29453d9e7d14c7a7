// Every action of the window with its key and what it does, found by typing part of it.
// Thread rule: GUI thread.
#pragma once

#include <QDialog>

class QTreeWidget;

namespace armillary::widgets {

class KeysDialog : public QDialog {
    Q_OBJECT
public:
    // Lists the actions of `window` and everything in it.
    explicit KeysDialog(QWidget* window);

    [[nodiscard]] QTreeWidget* list() const { return m_list; }

private:
    void fill(const QWidget* window);
    void filter(const QString& words);

    QTreeWidget* m_list = nullptr;
};

}  // namespace armillary::widgets
