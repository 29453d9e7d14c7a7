// Whether the desktop asks for dark windows: what the desktop portal says (GNOME, KDE and others), else what Qt's palette
// looked like before we changed it.
// Thread rule: GUI thread. Asks the portal without waiting for it.
#pragma once

#include <QDBusVariant>
#include <QObject>
#include <QVariant>

namespace armillary::app {

class SystemTheme : public QObject {
    Q_OBJECT
public:
    explicit SystemTheme(QObject* parent = nullptr);

    [[nodiscard]] bool isDark() const { return m_dark; }

Q_SIGNALS:
    void changed();

private Q_SLOTS:
    void takeSetting(const QString& group, const QString& key, const QDBusVariant& value);

private:
    void askPortal();
    void takeScheme(const QVariant& value);

    bool m_dark = false;
};

}  // namespace armillary::app
