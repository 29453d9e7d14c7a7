// How long a hover takes in the real window: from the pointer's move until every panel in sight shows the highlight on the display.
// A session of 4,200 positions, 34 layers and 8 heads is opened; then the pointer moves over each canvas of each workspace.
//
// "all panels" is the wall time from the move to the end of the last repaint that it caused; "without waiting" is the same less the
// time in which this thread stood ready without a core. With --profile the time of every kind of event follows. Needs a display:
// Xvfb will do.
#include "session/session.h"
#include "support/large_record.h"
#include "support/tiny_engine.h"
#include "window_support/event_loop_watch.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "app/views/workspace_shapes.h"
#include "widgets/canvas/imgui_canvas.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QMetaEnum>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTextStream>
#include <QThread>
#include <QWindow>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>

namespace armillary::test {
namespace {

using widgets::ImguiCanvas;

double nowMilliseconds()
{
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Of this thread, ready to run without a core.
double waitedMilliseconds()
{
    std::ifstream file("/proc/thread-self/schedstat");
    std::uint64_t ran = 0, waited = 0;
    file >> ran >> waited;
    return static_cast<double>(waited) / 1e6;
}

// Times what happens between a move and its last repaint.
class WatchedApplication : public QApplication {
public:
    using QApplication::QApplication;

    struct Cost {
        int count = 0;
        double milliseconds = 0;
    };

    void startStep()
    {
        m_lastRepaint = 0;
        m_lastWaited = 0;
        m_repaints = 0;
        // What was drawn while nobody watched is no frame of this step.
        for (const ImguiCanvas* canvas : canvases)
            m_frames[canvas] = canvas->frameCount();
        m_isWatching = true;
    }
    // Without a value: nothing was hovered or repainted.
    void endStep(const std::optional<double>& milliseconds)
    {
        m_isWatching = false;
        for (const auto& [name, cost] : m_step) {
            m_all[name].count += cost.count;
            m_all[name].milliseconds += cost.milliseconds;
        }
        Costs costs = std::exchange(m_step, {});
        if (milliseconds)
            m_steps.emplace_back(*milliseconds, std::move(costs));
    }
    [[nodiscard]] double lastRepaint() const { return m_lastRepaint; }
    [[nodiscard]] double lastWaited() const { return m_lastWaited; }
    [[nodiscard]] int repaints() const { return m_repaints; }
    using Costs = std::map<QString, Cost>;
    [[nodiscard]] const Costs& costs() const { return m_all; }
    // What the step cost that only one of twenty exceed.
    [[nodiscard]] Costs costsOfSlowStep()
    {
        if (m_steps.empty())
            return {};
        std::sort(m_steps.begin(), m_steps.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        return m_steps[m_steps.size() * 95 / 100].second;
    }
    bool profiles = false;
    QList<ImguiCanvas*> canvases;  // whose frames are counted too

    bool notify(QObject* receiver, QEvent* event) override
    {
        if (!m_isWatching || QThread::currentThread() != thread())
            return QApplication::notify(receiver, event);
        const QEvent::Type type = event->type();
        const bool isRepaint = type == QEvent::UpdateRequest;
        const QString name = profiles ? QStringLiteral("%1 to %2")
                                            .arg(QLatin1String(QMetaEnum::fromType<QEvent::Type>().valueToKey(type)),
                                                 QLatin1String(receiver->metaObject()->className()))
                                      : QString();
        const double outer = std::exchange(m_inner, 0);
        const double start = nowMilliseconds();
        const bool handled = QApplication::notify(receiver, event);
        const double end = nowMilliseconds();
        if (profiles) {
            Cost& cost = m_step[name];
            ++cost.count;
            cost.milliseconds += end - start - m_inner;
            for (const ImguiCanvas* canvas : canvases)
                addFrames(*canvas);
        }
        m_inner = outer + end - start;
        if (isRepaint) {
            m_lastRepaint = end;
            m_lastWaited = waitedMilliseconds();
            ++m_repaints;
        }
        return handled;
    }

private:
    void addFrames(const ImguiCanvas& canvas)
    {
        const qint64 now = canvas.frameCount();
        if (std::exchange(m_frames[&canvas], now) == now)
            return;
        const QString name = canvas.accessibleName();
        Cost& describing = m_step[QStringLiteral("last description of %1").arg(name)];
        Cost& drawing = m_step[QStringLiteral("drawing of %1").arg(name)];
        ++describing.count;
        ++drawing.count;
        describing.milliseconds += canvas.lastDrawListSeconds() * 1e3;
        drawing.milliseconds += (canvas.lastDrawSeconds() - canvas.lastDrawListSeconds()) * 1e3;
    }

    bool m_isWatching = false;
    std::map<const ImguiCanvas*, qint64> m_frames;
    double m_inner = 0;
    double m_lastRepaint = 0;
    double m_lastWaited = 0;
    int m_repaints = 0;
    Costs m_all;
    Costs m_step;
    std::vector<std::pair<double, Costs>> m_steps;
};

class Samples {
public:
    void add(double value) { m_values.push_back(value); }
    [[nodiscard]] std::size_t count() const { return m_values.size(); }
    [[nodiscard]] QString words() const
    {
        std::vector<double> sorted = m_values;
        std::sort(sorted.begin(), sorted.end());
        const auto at = [&sorted](double share) {
            return sorted.empty()
                       ? std::nan("")
                       : sorted[std::min(sorted.size() - 1,
                                         static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
        };
        return QStringLiteral("p50 %1 p95 %2 p99 %3 most %4")
            .arg(at(0.5), 6, 'f', 2)
            .arg(at(0.95), 6, 'f', 2)
            .arg(at(0.99), 6, 'f', 2)
            .arg(at(1), 6, 'f', 2);
    }

private:
    std::vector<double> m_values;
};

RunRecord recordOfSize(std::int64_t layers)
{
    LargeSizes sizes;
    sizes.layers = layers;
    RunRecord record = largeRecord(sizes);
    record.model = {layers, sizes.heads, sizes.keyHeads, sizes.headWidth, 2560, 262208, 0.0625, 1e-6, 1024, {}};
    const std::int64_t prefill = record.layout->size(), rows = sizes.answer, positions = prefill + rows - 1;
    std::vector<std::int64_t> queries;
    for (std::int64_t row = 0; row < rows; ++row)
        queries.push_back(prefill - 1 + row);
    const auto bytesOf = [](const auto& values) {
        auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(values[0]));
        std::memcpy(bytes->data(), values.data(), bytes->size());
        return bytes;
    };
    record.tensors["attention.rows.positions"] = {ElementType::Int64, {rows}, bytesOf(queries)};
    std::vector<float> weights(static_cast<std::size_t>(sizes.heads * rows * positions));
    for (std::size_t i = 0; i < weights.size(); ++i)
        weights[i] = static_cast<float>((i * 37 + i / 97) % 101) / 5e5F;
    const auto bytes = bytesOf(weights);
    for (std::int64_t layer = 0; layer < layers; ++layer) {
        record.model.layerIsLocal.push_back((layer + 1) % 6 != 0);
        record.tensors["attention.rows." + std::to_string(layer)] = {ElementType::Float32,
                                                                     {sizes.heads, rows, positions},
                                                                     bytes};
    }
    constexpr std::int64_t kWidth = 64;
    std::vector<float> vectors(static_cast<std::size_t>(prefill * kWidth));
    std::mt19937 engine(7);
    std::uniform_real_distribution<float> even(-1, 1);
    std::generate(vectors.begin(), vectors.end(), [&] { return even(engine); });
    record.tensors["inputs.embeds"] = {ElementType::Float32, {prefill, kWidth}, bytesOf(vectors)};
    return record;
}

QList<ImguiCanvas*> canvasesInSight(const QWidget& window)
{
    QList<ImguiCanvas*> out;
    for (ImguiCanvas* canvas : window.findChildren<ImguiCanvas*>()) {
        if (canvas->isVisible() && !canvas->visibleRegion().isEmpty())
            out << canvas;
    }
    return out;
}

qint64 framesOf(const QList<ImguiCanvas*>& canvases)
{
    qint64 out = 0;
    for (const ImguiCanvas* canvas : canvases)
        out += canvas->frameCount();
    return out;
}

// Until nothing that was asked for waits to be painted.
void turnUntilQuiet(const WatchedApplication& application, const QList<ImguiCanvas*>& canvases)
{
    qint64 last = -1;
    for (int quiet = 0; quiet < 3;) {
        QCoreApplication::processEvents();
        const qint64 now = framesOf(canvases) + application.repaints();
        quiet = now == last ? quiet + 1 : 0;
        last = now;
    }
}

struct Hovers {
    Samples all;
    Samples withoutWaiting;
    Samples handler;  // until the selection has told every panel
    std::map<QString, Samples>
        drawn;  // by canvas, the last frame in milliseconds, and the share of its pixels that changed
    std::map<QString, Samples> parts;
    int late = 0;  // canvases that showed something else once they were asked again
    int repaints = 0;
};

Hovers hover(WatchedApplication& application, app::MainWindow& window, ImguiCanvas* over, int steps)
{
    Hovers out;
    std::mt19937 engine(11);
    const QList<ImguiCanvas*> canvases = canvasesInSight(window);
    application.canvases = canvases;
    for (int i = 0; i < steps; ++i) {
        const QPoint at(1 + static_cast<int>(engine() % static_cast<unsigned>(std::max(1, over->width() - 2))),
                        1 + static_cast<int>(engine() % static_cast<unsigned>(std::max(1, over->height() - 2))));
        const widgets::Positions before = window.selection().hovered();
        application.startStep();
        const double waitedBefore = waitedMilliseconds();
        const double start = nowMilliseconds();
        double told = 0;
        const auto connection = QObject::connect(&window.selection(), &widgets::Selection::hoverChanged, &window,
                                                 [&told] { told = nowMilliseconds(); });
        moveTo(over, at);
        turnUntilQuiet(application, canvases);
        QObject::disconnect(connection);
        if (told == 0 || application.repaints() == 0) {
            application.endStep(std::nullopt);
            continue;
        }
        const double all = application.lastRepaint() - start;
        application.endStep(all);
        out.repaints += application.repaints();
        out.all.add(all);
        out.withoutWaiting.add(all - (application.lastWaited() - waitedBefore));
        out.handler.add(told - start);
        for (const ImguiCanvas* canvas : canvases) {
            const QRect damage = canvas->lastDamage();
            double pixels = 0;
            for (const QRect& part : canvas->lastDamageRects())
                pixels += part.width() * part.height();
            out.drawn[canvas->accessibleName()].add(canvas->lastDrawSeconds() * 1e3);
            out.parts[canvas->accessibleName()].add(pixels /
                                                    (damage.isNull() ? 1.0 : canvas->width() * canvas->height()));
        }
        for (ImguiCanvas* canvas : canvases)
            canvas->update();
        turnUntilQuiet(application, canvases);
        for (const ImguiCanvas* canvas : canvases)
            out.late += canvas->lastDamage().isEmpty() ? 0 : 1;
    }
    return out;
}

void printCosts(QTextStream& out, const QString& title, const WatchedApplication::Costs& costs)
{
    std::vector<std::pair<double, QString>> sorted;
    for (const auto& [name, cost] : costs)
        sorted.emplace_back(
            cost.milliseconds,
            QStringLiteral("%1 ms in %2 of %3").arg(cost.milliseconds, 9, 'f', 1).arg(cost.count).arg(name));
    std::sort(sorted.rbegin(), sorted.rend());
    out << title << ":\n";
    for (std::size_t i = 0; i < std::min<std::size_t>(sorted.size(), 30); ++i)
        out << sorted[i].second << "\n";
}

struct Wanted {
    QSize size;
    std::int64_t layers = 0;
    int steps = 0;
    QString workspace, canvas;  // empty: all
    std::chrono::milliseconds wait{};
};

int run(WatchedApplication& application, const Wanted& wanted)
{
    QTextStream out(stdout);
    QTemporaryDir folder;
    const std::string path = folder.path().toStdString() + "/large.armillary";
    {
        auto session = session::Session::create(path);
        if (!session || !(*session)->append(recordOfSize(wanted.layers)))
            return 1;
    }
    EventLoopWatch watch;
    const auto log = std::make_shared<TinyLog>();
    const auto window = showWindow([log] { return std::make_unique<TinyEngine>(TinyScript(), log); }, wanted.size);
    turnFor(std::chrono::milliseconds(1500));
    out << "making the window:    " << watch.summary() << "\n";
    watch.restart();
    window->openSession(QString::fromStdString(path));
    const std::string last = "query." + std::to_string(wanted.layers - 1);
    if (!waitUntil([&] { return window->run().record() && window->run().record()->tensors.contains(last); },
                   std::chrono::seconds(60)))
        return 1;
    turnFor(std::chrono::milliseconds(500));
    out << "opening the session:  " << watch.summary() << "\n";
    out.flush();
    Samples all, withoutWaiting;
    for (const widgets::Workspace workspace : widgets::kWorkspaces) {
        if (!wanted.workspace.isEmpty() && app::workspaceName(workspace) != wanted.workspace)
            continue;
        watch.restart();
        window->views().layout().setWorkspace(workspace);
        turnFor(wanted.wait);
        const QList<ImguiCanvas*> canvases = canvasesInSight(*window);
        out << app::workspaceName(workspace) << ": " << canvases.size() << " canvases; " << watch.summary() << "\n";
        for (ImguiCanvas* canvas : canvases) {
            if (!wanted.canvas.isEmpty() && canvas->accessibleName() != wanted.canvas)
                continue;
            const Hovers hovers = hover(application, *window, canvas, wanted.steps);
            if (hovers.all.count() == 0)
                continue;
            out << "  " << canvas->accessibleName().leftJustified(24) << "all panels " << hovers.all.words()
                << "  without waiting " << hovers.withoutWaiting.words() << "  told " << hovers.handler.words()
                << "  ms (" << hovers.all.count() << " hovers, "
                << static_cast<double>(hovers.repaints) / static_cast<double>(hovers.all.count()) << " repaints each, "
                << hovers.late << " late)\n";
            for (const auto& [name, samples] : hovers.drawn) {
                if (application.profiles)
                    out << "      " << name.leftJustified(28) << "last frame " << samples.words()
                        << "  share of pixels " << hovers.parts.at(name).words() << "\n";
            }
            out.flush();
        }
    }
    if (application.profiles) {
        printCosts(out, QStringLiteral("all steps"), application.costs());
        printCosts(out, QStringLiteral("one slow step"), application.costsOfSlowStep());
    }
    out.flush();
    window->close();
    (void)waitUntil([&] { return !window->isVisible(); });
    return 0;
}

}  // namespace
}  // namespace armillary::test

int main(int argc, char** argv)
{
    QTemporaryDir home;
    qputenv("XDG_CONFIG_HOME", home.path().toUtf8());
    qputenv("XDG_CACHE_HOME", home.path().toUtf8());
    qputenv("XDG_DATA_HOME", home.path().toUtf8());
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, home.path());
    armillary::test::WatchedApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("armillary-bench"));
    QCommandLineParser parser;
    const QCommandLineOption size(QStringLiteral("size"), QStringLiteral("of the window, as 1920x1080"),
                                  QStringLiteral("pixels"), QStringLiteral("1920x1080"));
    const QCommandLineOption steps(QStringLiteral("steps"), QStringLiteral("moves over each canvas"),
                                   QStringLiteral("count"), QStringLiteral("100"));
    const QCommandLineOption layers(QStringLiteral("layers"), QStringLiteral("of the record"), QStringLiteral("count"),
                                    QStringLiteral("34"));
    const QCommandLineOption profile(QStringLiteral("profile"), QStringLiteral("print the time of each kind of event"));
    const QCommandLineOption only(QStringLiteral("workspace"), QStringLiteral("alone"), QStringLiteral("name"));
    const QCommandLineOption over(QStringLiteral("canvas"), QStringLiteral("that alone is moved over"),
                                  QStringLiteral("name"));
    const QCommandLineOption wait(QStringLiteral("wait"), QStringLiteral("for analyses before the first move"),
                                  QStringLiteral("milliseconds"), QStringLiteral("2500"));
    parser.addOptions({size, steps, layers, profile, only, over, wait});
    parser.addHelpOption();
    parser.process(application);
    application.profiles = parser.isSet(profile);
    const QStringList sides = parser.value(size).split(QLatin1Char('x'));
    return armillary::test::run(application,
                                {QSize(sides.value(0).toInt(), sides.value(1).toInt()), parser.value(layers).toInt(),
                                 parser.value(steps).toInt(), parser.value(only), parser.value(over),
                                 std::chrono::milliseconds(parser.value(wait).toInt())});
}
