#include "app/demo/recorded_shelf.h"

#include "app/demo/embedded_files.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QStandardPaths>

#include <algorithm>
#include <array>

namespace armillary::app {
namespace {

const QString kRoot = QStringLiteral(":/sessions");
const QString kEnding = QStringLiteral(".armillary");

// By the number that the session's name begins with.
QString tipOf(QChar number)
{
    switch (number.unicode()) {
    case '1':
        return RecordedShelf::tr(
            "A question about the future, answered from world tokens; the knock-out takes them away");
    case '2': return RecordedShelf::tr("Tokens of every latent frame beside those of SigLIP's still");
    case '3': return RecordedShelf::tr("What the answer's word read, over the picture and every latent frame");
    case '4': return RecordedShelf::tr("A checkpoint that was broken on purpose, found out by the checks");
    case '5': return RecordedShelf::tr("One question in the five ways in which world tokens can come in");
    default: return {};
    }
}

}  // namespace

RecordedShelf::RecordedShelf(QObject* parent) : QObject(parent)
{
    m_pool.setMaxThreadCount(1);
    QCryptographicHash content(QCryptographicHash::Sha1);
    const QStringList names = QDir(kRoot).entryList({QLatin1Char('*') + kEnding}, QDir::Dirs, QDir::Name);
    for (const QString& folder : names) {
        const QString name = folder.chopped(kEnding.size());
        m_sessions.push_back({name, name.mid(name.indexOf(QLatin1Char(' ')) + 1), tipOf(name.front())});
        std::set<QString>& runs = m_runs.emplace_back();
        const QStringList files =
            QDir(kRoot + QLatin1Char('/') + folder + QStringLiteral("/runs")).entryList(QDir::Files);
        for (const QString& file : files)
            runs.insert(file.section(QLatin1Char('.'), 0, 0));
        QFile index(kRoot + QLatin1Char('/') + folder + QStringLiteral("/session.json"));
        if (index.open(QIODevice::ReadOnly))
            content.addData(index.readAll());
    }
    // Another version of the program has other sessions; what was asked in the older ones stays with them.
    m_folder = QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/recorded/") +
               QString::fromLatin1(content.result().toHex().left(8));
}

RecordedShelf::~RecordedShelf()
{
    m_pool.clear();
    m_pool.waitForDone();
}

QString RecordedShelf::pathOf(std::size_t index) const
{
    return m_folder + QLatin1Char('/') + m_sessions.at(index).name + kEnding;
}

void RecordedShelf::unpack(std::size_t index)
{
    const QString from = kRoot + QLatin1Char('/') + m_sessions.at(index).name + kEnding;
    const QString to = pathOf(index);
    m_pool.start([this, index, from, to] {
        const Result<void> done = unpackEmbedded(from, to);
        const QString problem = done ? QString() : QString::fromStdString(done.error().message);
        // The destructor waits for this thread, so `this` is there; the event goes with it if it is not handled before.
        QMetaObject::invokeMethod(
            this,
            [this, index, to, problem] {
                if (problem.isEmpty())
                    Q_EMIT unpacked(index, to);
                else
                    Q_EMIT failed(problem);
            },
            Qt::QueuedConnection);
    });
}

int RecordedShelf::indexOf(const QString& path) const
{
    for (std::size_t i = 0; i < m_sessions.size(); ++i) {
        if (QDir::cleanPath(path) == QDir::cleanPath(pathOf(i)))
            return static_cast<int>(i);
    }
    return -1;
}

bool RecordedShelf::isRecorded(const QString& path, const QString& id) const
{
    const int index = indexOf(path);
    return index >= 0 && m_runs[static_cast<std::size_t>(index)].contains(id);
}

}  // namespace armillary::app
